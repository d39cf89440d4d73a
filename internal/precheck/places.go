package precheck

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
)

// places are the divisions of GB/T 2260 in the forms that site names use. A name of three characters or more can hardly
// be anything else. One of two may be a word, or span two words (和平湖畔 contains 平湖), so its treatment depends on its
// position and other meanings.
type places struct {
	// anywhere: provinces, cities, and all names of three characters or more.
	anywhere []string
	// leading: two-character names of county-level cities, and of prefectures that aren't cities. A site's name that
	// starts with one is refused; one that ends with one (走进义乌) gets a hint.
	leading []string
	// hinted: two-character names of counties and districts, which are less well known, and cities that are also words.
	// A site's name that starts with one gets a hint.
	hinted []string
}

// ordinary are two-character names of divisions that are also everyday words, virtues, directions, rivers or mountains.
// A site's name that starts with a city's gets a hint; a county's or district's is accepted without its class (和平, but
// not 和平区).
const ordinary = `
山南 大同 长治 白银 百色 来宾 安康 三明 中山 新乐 三河 高平 孝义 新民 海城 东港 凤城 灯塔 开原 兴城 大安 龙井 和龙 尚志 五常
海林 宁安 安达 海伦 临江 平泉 海安 兴化 丹阳 建德 瑞安 乐清 海宁 平湖 永康 江山 东阳 临海 龙泉 龙港 玉环 无为 天长 明光
广德 永安 福安 乐平 庐山 高安 德兴 龙口 栖霞 高密 登封 灵宝 京山 当阳 仙桃 天门 赤壁 兴宁 台山 开平 阳春 东兴 北流 平果
合山 文昌 东方 安宁 开远 福泉 赤水 兴义 水富 弥勒 文山 大理 瑞丽 合作 同仁 玉树 玉门 和田 双河 新星 白杨 华亭 海门 海阳
和平 朝阳 新华 长安 友谊 友好 前进 向阳 红旗 解放 新兴 东风 振兴 光明 平安 安定 长寿 复兴 太平 太和 永和 和顺 大方 方正
富裕 庆安 明水 清水 温泉 同心 共和 互助 资源 集贤 木兰 延长 延寿 通道 长乐 民乐 乐业 康乐 德化 仁和 凤凰 牡丹 芙蓉 海棠
莲花 桃源 桃江 桃山 绿春 元宝 红塔 宝塔 钟楼 鼓楼 天桥 路桥 古塔 白塔 石鼓 天元 天心 天涯 九龙 金牛 玉泉 甘泉 石泉 龙湖
东湖 西湖 南湖 北湖 月湖 镜湖 金湖 太湖 青山 南山 西山 东山 泰山 衡山 恒山 千山 金山 宝山 房山 象山 方山 玉山 龙山 凤山
灵山 蓝山 福山 君山 花山 雨山 铁山 平山 明山 连山 常山 江南 江北 河东 河西 河南 海南 海北 河北 城东 城西 城中 城北 东城
西城 港口 海港 新城 古城 云龙 青龙 卧龙 龙门 石门 三门 天台 五台 三台 高台 武功 武侯 文成 文圣 文安 文水 兴业 兴隆 兴文
修文 崇礼 崇义 崇仁 礼泉 博爱 爱民 惠民 富民 裕民 民权 民和 民丰 乐安 静安 静海 静乐 望江 望都 花溪 花都 云和 云阳 白云
紫云 祥云 凌云 七星 九原 中原 平原 天山 运河 银海 东海 南海 滨海 定海 大兴 大关 大宁 大新 大名 大通 大丰 大英 大化 大东
中江 中方 中阳 上街 南部 前锋 双江 双流 双清 双桥 三原 三水 三元 五河 五原 五华 九台 万安 万年 万载 万全 万荣 长丰 长兴
长武 长宁 长顺 长清 永清 永春 永新 永泰 永丰 永福 永平 永兴 永胜 永德 永仁 永善 永定 永嘉 永宁 平和 平顺 平利 平乐 平定
平阳 太康 太谷 泰和 泰来 安吉 安福 安化 安仁 安居 康平 康保 福清 顺平 顺昌 顺义 顺城 顺德 嘉禾 嘉善 嘉祥 丰润 丰泽 丰满
富源 富平 富顺 华容 华安 华龙 华池 德安 德清 光山 光泽 清丰 清流 新河 新安 新田 新和 新龙 新源 合水 金门 金川 金水
金阳 金塔 金堂 金沙 白水 白河 白玉 黑山 黑水 红河 红原 红桥 红安 红山 绿园 青田 青阳 青河 蓝田 紫金 紫阳 黄龙 石城 石林
石楼 玉龙 宝丰 宝安 宝兴 宝清 翠屏 锦江 锦屏 镇远 通海 通山 通江 洞口 山阳 山丹 山城 水城 东安 兴安 景泰 和政 和静
沙河 明溪 比如 小店 大田 宏伟 新建 公安 会同 朝天 独山 麒麟 同德 开化 小金 老城 工农 柳林 梨树 柳河 香河 龙潭 龙凤 仙居
仙游 阳明 盐湖 天柱 盘龙 雨花 荷塘 竹山 竹溪 桐柏 天河 越秀 叠彩 秀峰 大祥 石渠 天全 古田 连城 长子 神池 灵石 双塔 松山
林口 思明 博望 迎江 大观 回民 二七 正安 正阳 正蓝 兴庆 兴国
`

// nations are the peoples that autonomous divisions are named after.
const nations = `满|回|蒙古|藏|维吾尔|苗|彝|壮|布依|朝鲜|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|鄂温克|保安|裕固|独龙|鄂伦春`

// class matches the suffix of a division's name that people omit.
var class = regexp.MustCompile(`(特别行政区|(?:(?:` + nations +
	`|各)族|蒙古|哈萨克|柯尔克孜|锡伯|塔吉克|维吾尔)+自治[区州县旗]|自治[区旗]|省|市|地区|盟|新区|林区|特区|矿区|区|县|旗)$`)

// development matches areas with their own names that aren't administrative divisions.
var development = regexp.MustCompile(`开发区|示范区|管理区|园区|工业园|实验区|管委会|聚集区|产业|委员会|风景|直辖|群岛|岛礁|食品区|保税|^市辖区$|^县$`)

var divisions = sync.OnceValue(func() places {
	var p places
	words := strings.Fields(ordinary)
	add := func(full string, rank int) {
		if development.MatchString(full) {
			return
		}
		short := class.ReplaceAllString(full, "")
		if utf8.RuneCountInString(full) > 2 && full != short {
			p.anywhere = append(p.anywhere, full)
		}
		isWord := slices.Contains(words, short)
		switch n := utf8.RuneCountInString(short); {
		case n < 2:
		case n > 2, rank == ofProvince, rank == ofCity && !isWord:
			p.anywhere = append(p.anywhere, short)
		case rank == ofCountyCity && !isWord:
			p.leading = append(p.leading, short)
		case isWord == (rank != ofCounty):
			p.hinted = append(p.hinted, short)
		}
	}
	for _, province := range filing.Provinces() {
		add(province.Name, ofProvince)
		for _, c := range filing.Cities(province.Code) {
			add(c.Name, rankOf(c.Name, ofCity, ofCountyCity))
			for _, county := range filing.Counties(c.Code) {
				add(county.Name, rankOf(county.Name, ofCountyCity, ofCounty))
			}
		}
	}
	for _, list := range []*[]string{&p.anywhere, &p.leading, &p.hinted} {
		// 张家港市 before 张家港
		slices.SortFunc(*list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
		*list = slices.Compact(*list)
	}
	return p
})

// Ranks of divisions, by how well their names are known.
const (
	ofProvince = iota
	ofCity
	ofCountyCity // and prefectures that aren't cities
	ofCounty
)

func rankOf(name string, city, other int) int {
	if strings.HasSuffix(name, "市") {
		return city
	}
	return other
}

// generic are full names of districts that are also words.
var generic = []string{"东城区", "西城区", "上城区", "老城区", "新城区", "新市区", "西市区", "城中区", "城东区", "城西区", "城北区", "市中区", "市南区", "市北区",
	"站前区", "古城区", "山城区", "平城区", "港口区", "海港区", "工农区", "城关区", "中山区", "回民区"}

// siteNameRegion: an individual's site can't be named after a region.
func siteNameRegion(f Facts) []map[string]any {
	word := placeIn(f)
	return found(word != "", "word", word)
}

func placeIn(f Facts) string {
	name := f.Dossier.Site.Name
	if f.Dossier.Holder.Nature != filing.NaturePerson {
		return ""
	}
	for _, place := range divisions().anywhere {
		if strings.Contains(name, place) && !slices.Contains(generic, place) {
			return place
		}
	}
	for _, place := range divisions().leading {
		if strings.HasPrefix(name, place) {
			return place
		}
	}
	return ""
}

// siteNamePlace: the name of an individual's site contains what may be a region or a word.
func siteNamePlace(f Facts) []map[string]any {
	name := f.Dossier.Site.Name
	if f.Dossier.Holder.Nature != filing.NaturePerson || placeIn(f) != "" {
		return nil
	}
	for _, place := range divisions().leading {
		if strings.HasSuffix(name, place) {
			return found(true, "word", place)
		}
	}
	for _, place := range slices.Concat(generic, divisions().hinted) {
		if strings.HasPrefix(name, place) {
			return found(true, "word", place)
		}
	}
	return nil
}
