package bureau

import (
	"bytes"
	"encoding/base64"
	"image/jpeg"
	"image/png"
	"strings"
)

const (
	badPaper = "您提交的附件格式不符合规范"
	// paperLimit and sheetLimit apply to base64 (4-1-1-1): 100 KB, a verification sheet 150 KB.
	paperLimit, sheetLimit = 100 << 10, 150 << 10
	// useSheet and useHolder are Fjyt of a verification sheet and of the holder's document.
	useSheet, useHolder = 1, 2
	formatPNG           = 3
)

// unfitPapers checks every attachment and every scan of an approval.
func unfitPapers(n *node) (v verdict) {
	uses := map[int64]bool{}
	n.each(func(n *node) {
		switch n.Name {
		case "Fjxx":
			use, format, limit := n.number("Fjyt"), n.number("Fjwjgs"), paperLimit
			uses[use] = true
			if use == useSheet {
				limit = sheetLimit
			}
			switch {
			case format < 1 || format > formatPNG:
				v = verdict{1056, "附件格式类型代码错误，请核实后再次报备"}
			case use < 1 || use > 5:
				v = verdict{1057, "附件用途类型代码错误，请核实后再次报备"}
			case !isPicture(n.text("Fjnr"), format, limit):
				v = verdict{5010, badPaper}
			}
		case "Spwj":
			if !isPicture(n.Text, 1, paperLimit) {
				v = verdict{5010, badPaper}
			}
		}
	})
	if v == (verdict{}) && n.Name == "Baxx" && n.first("Zt_xx/IspZtid") != nil && !uses[useHolder] {
		return verdict{5010, badPaper + "：缺少主办单位有效证件"}
	}
	return v
}

// isPicture reports whether an attachment decodes as its declared format.
func isPicture(text string, format int64, limit int) bool {
	text = strings.Join(strings.Fields(text), "")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(text) > limit {
		return false
	}
	if format == formatPNG {
		_, err = png.Decode(bytes.NewReader(raw))
	} else {
		_, err = jpeg.Decode(bytes.NewReader(raw))
	}
	return err == nil
}
