// Package customer is a customer's pages: the orders, the steps of a filing, its papers and
// result, the number in the footer, and registering a number.
package customer

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// Current is the filing that a page is about, with its order.
type Current = dossierview.Current

// handler handles a request about a filing.
type handler = func(*gin.Context, Current) error

// Pages are customers' pages.
type Pages struct {
	*web.Kit
	*dossierview.View
	watch *watch
}

// New makes them; EndStreams ends their streams of events.
func New(k *web.Kit, v *dossierview.View) *Pages {
	return &Pages{Kit: k, View: v, watch: newWatch(k.Store.FilingSeqs)}
}

// EndStreams ends the streams of events.
func (p *Pages) EndStreams() { p.watch.close() }

// Routes registers the pages in the group of people who are signed in.
func (p *Pages) Routes(in web.Group) {
	in.GET("/regions", p.regions)
	in.GET("/documents", p.documents)

	orders := in.Group("/orders", p.RequireRole(store.RoleCustomer))
	orders.GET("", p.orderList)
	orders.GET("/:number", p.orderPage)
	p.siteRoutes(orders.Group("/:number")) // of the order's only site, or they lead to the choice
	p.siteRoutes(orders.Group("/:number/sites/:domain"))
}

// siteRoutes are the pages of a site and of its filing.
func (p *Pages) siteRoutes(site web.Group) {
	site.GET("/register", p.withUnfiled(p.registerForm))
	site.POST("/register", p.withUnfiled(p.register))
	site.POST("/register/draft", p.withUnfiled(p.saveRegisterDraft))

	f := site.Group("/filing")
	f.POST("", p.openFiling)
	f.GET("", p.withLastFiling(p.showFiling))
	f.GET("/progress", p.withLastFiling(p.progress))
	f.GET("/events", p.withLastFiling(p.events))
	p.contactRoutes(f)
	p.dossierRoutes(f)
	p.resultRoutes(f)
}

func (p *Pages) contactRoutes(f web.Group) {
	f.GET("/notice", p.withFiling(p.noticeForm, filing.Contact))
	f.POST("/notice", p.withFiling(p.acceptNotice, filing.Contact))
	f.GET("/consent", p.withFiling(p.consentForm))
	f.POST("/consent", p.withFiling(p.giveConsent))
	f.GET("/contact", p.afterNotice(p.contactForm))
	f.POST("/contact", p.afterNotice(p.giveContact))
	f.POST("/user-name", p.withFiling(p.checkUserName))
	f.GET("/verify", p.whileVerifying(p.verifyForm))
	f.POST("/verify", p.whileVerifying(p.verify))
	f.POST("/address", p.withLastFiling(p.sayAddressIsRight))
	f.POST("/codes", p.whileVerifying(p.sendCodeAgain))
	f.GET("/recover", p.whileVerifying(p.recoverForm))
	f.POST("/recover", p.whileVerifying(p.recoverCodes))
	f.GET("/contact/:channel", p.withCorrection(p.confirmForm))
	f.POST("/contact/:channel", p.withCorrection(p.confirmContact))
	f.POST("/contact/:channel/again", p.withCorrection(p.confirmAgain))
}

func (p *Pages) dossierRoutes(f web.Group) {
	f.GET("/kind", p.withChoice(p.kindForm))
	f.POST("/kind", p.withChoice(p.giveKind))
	for _, form := range []string{web.FormOwnership, web.FormHolder, web.FormSite, web.FormEnding} {
		f.GET("/"+form, p.dossierForm(form))
		f.POST("/"+form, p.saveDossierForm(form))
	}
	f.GET("/papers", p.withForm(web.FormPapers, p.papersForm))
	f.POST("/papers", p.withForm(web.FormPapers, p.uploadPapers))
	f.POST("/papers/picture", p.withForm(web.FormPapers, p.uploadPicture))
	f.GET("/papers/:paper", p.withFiling(p.viewPaper))
	f.POST("/papers/:paper/remove", p.withForm(web.FormPapers, p.removePaper))
	f.GET("/letter", p.printed(filing.PrintLetter))
	f.GET("/sheet", p.printed(filing.PrintSheet))
	f.POST("/follow-up", p.withFiling(p.openFollowUp))
	f.POST("/draft/:form", p.withFiling(p.saveDraft))
	f.GET("/review", p.withFiling(p.consented(p.reviewForm), editing...))
	f.POST("/review", p.withFiling(p.consented(p.submit), editing...))
}

func (p *Pages) resultRoutes(f web.Group) {
	f.GET("/result", p.withNumber(p.result))
	f.GET("/certificate", p.withNumber(p.certificate))
	f.GET("/footer", p.withNumber(p.footerPage))
	f.POST("/footer", p.withNumber(p.askFooter))
	f.POST("/footer/agree", p.withNumber(p.agreeFooter))
	f.POST("/footer/undo", p.withNumber(p.undoFooter))
	f.POST("/site-check", p.withNumber(p.checkSiteNow))
	f.POST("/sms-verified", p.withFiling(p.confirmSMSVerification))
	f.POST("/withdraw", p.withFiling(p.withdraw))
	f.POST("/let-others-go", p.withFiling(p.letOthersGo, editing...))
	f.POST("/take-off", p.withFiling(p.takeOff))
	f.GET("/police", p.withPolice(p.showPolice))
	f.POST("/police", p.withPolice(p.recordPolice))
}

// Forms are the forms of these pages by name; the help centre explains their fields.
func Forms(t *locale.Localizer) map[string][]web.Field {
	forms := map[string][]web.Field{
		"contact": web.ContactFields(t), "recover": recoverFields(t),
		web.FormRegister: registerFields(), formPolice: policeFields(),
		"kind": {{Name: dossierview.ValueKind}}, web.FormPapers: {{Name: filing.ApprovalField(3)}},
	}
	for _, form := range []string{web.FormHolder, web.FormSite, web.FormOwnership, web.FormEnding} {
		forms[form] = web.Asked(dossierview.FormFields(&filing.Dossier{Kind: filing.KindNewSite}, form),
			web.Choosing{Localizer: t, Codes: filing.BuiltIn()})
	}
	for _, paper := range filing.BuiltInPapers().Papers {
		forms[web.FormPapers] = append(forms[web.FormPapers], web.Field{Name: paper.Key})
	}
	for _, channel := range filing.Channels {
		forms["verify"] = append(forms["verify"], web.Field{Name: web.CodeField[channel]})
	}
	return forms
}
