package store

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// exportNote explains an export's files.
const exportNote = `data.json has what is held about you (个人信息保护法第四十五条), one list for each table of the database;
pictures and pages are files of their own, which it names.
data.json 是我们持有的您的个人信息，按数据表列出；图片和网页另存为文件，其中写有文件名。

Left out: passwords, codes and hashes; data files exchanged with the bureau and the audit log, which hold other people's
data too; and what the bureau itself holds about you, which it tells you itself.
不包括：密码、验证码和散列；与管局交换的数据文件和操作日志（其中也有他人的信息）；管局自己掌握的信息（请向管局查询）。
`

// ExportCustomerZIP writes what ExportCustomer reads to a ZIP file that people can open.
func (s *Store) ExportCustomerZIP(ctx context.Context, id int64, file io.Writer) error {
	to := zip.NewWriter(file)
	write := func(name string, content []byte) error {
		w, err := to.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}
	tables, err := s.ExportCustomer(ctx, id, func(table string, n int, column string, content []byte) (string, error) {
		name := fmt.Sprintf("files/%s-%d-%s%s", table, n, column, fileExtension(content))
		return name, write(name, content)
	})
	if err != nil {
		return err
	}
	list, err := json.MarshalIndent(tables, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(write("data.json", list), write("README.txt", []byte(exportNote)), to.Close())
}

// fileExtension is how the name of a file with this content ends.
func fileExtension(content []byte) string {
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(content))
	return cmp.Or(map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "text/html": ".html",
		"text/plain": ".txt"}[kind], ".bin")
}
