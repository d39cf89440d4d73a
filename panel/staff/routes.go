// Package staff is the console of the provider's staff: what needs a human, the search, filings and bulk jobs,
// vetting, figures, the bureau, addresses, accounts and the audit log.
package staff

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// Pages are the staff's pages.
type Pages struct {
	*web.Kit
	*dossierview.View
	figures            figureCache[figureChoice, store.PeriodFigures]
	vettingFigureCache figureCache[vettingFiguresChoice, []store.VettingFigures]
	// exports are the slots of exports of customers' data.
	exports chan struct{}
}

// New returns the staff's pages.
func New(k *web.Kit, v *dossierview.View) *Pages {
	return &Pages{Kit: k, View: v, exports: make(chan struct{}, exportsAtOnce)}
}

// Routes registers the pages, each with the permission that it needs.
func (p *Pages) Routes(r web.StaffGroup) {
	r.GET("", web.CanSee, p.todayPage)
	r.GET("/today", web.CanSee, p.todayLines)
	r.GET("/broken", web.CanSee, p.brokenPage)
	r.GET("/figures", web.CanSee, p.figuresPage)
	r.GET("/figures/:figure", web.CanSee, p.figureCSV)
	r.GET("/filings", web.CanSee, p.searchPage)
	r.GET("/filings.csv", web.CanSee, p.exportFilings)
	r.POST("/holders", web.CanSeePersonal, p.findHolder)
	p.filingRoutes(r)
	p.bulkRoutes(r)
	p.vettingRoutes(r)
	p.bureauRoutes(r)
	p.accountRoutes(r)
}

func (p *Pages) filingRoutes(r web.StaffGroup) {
	r.GET("/filings/:number", web.CanSee, p.withFiling(p.filingPage))
	r.POST("/filings/:number/unmask", web.CanSeePersonal, p.withFiling(p.unmask))
	r.GET("/filings/:number/resume", web.CanActOnFilings, p.withFiling(p.resumeForm))
	r.POST("/filings/:number/resume", web.CanActOnFilings, p.resume)
	r.POST("/filings/:number/run-now", web.CanActOnFilings, p.withFiling(p.runNow))
	r.POST("/filings/:number/codes", web.CanActOnFilings, p.withFiling(p.sendCodeFor))
	// Whoever changes a contact's address gets into the customer's account.
	r.GET("/filings/:number/contact/:channel", web.CanActOnFilings, p.Fresh("", p.withFiling(p.correctionForm)))
	r.POST("/filings/:number/contact/:channel", web.CanActOnFilings, p.Fresh("", p.correctContact))
	r.GET("/filings/:number/proofs/:id", web.CanSeePersonal, p.withFiling(p.proofOfCorrection))
	r.GET("/filings/:number/space", web.CanActOnFilings, p.withFiling(p.spaceForm))
	r.POST("/filings/:number/space", web.CanActOnFilings, p.withFiling(p.correctSpace))
	r.GET("/filings/:number/withdraw", web.CanActOnFilings, p.withFiling(p.withdrawForm))
	r.POST("/filings/:number/withdraw", web.CanActOnFilings, p.withFiling(p.withdrawAsStaff))
	r.GET("/orders/:number/transfer", web.CanActOnFilings, p.Fresh("", p.transferForm))
	r.POST("/orders/:number/transfer", web.CanActOnFilings, p.Fresh("", p.transferOrder))
	r.GET("/orders/:number/first-password", web.CanActOnFilings, p.Fresh("", p.firstPasswordForm))
	r.POST("/orders/:number/first-password", web.CanActOnFilings, p.Fresh("", p.sendFirstPassword))
	r.POST("/filings/:number/resubmit", web.CanActOnFilings, p.withFiling(p.resubmit))
	r.GET("/filings/:number/dossier", web.CanSeePersonal, p.withFiling(p.supportDossier))
	r.GET("/filings/:number/papers/:paper", web.CanSeePersonal, p.withFiling(p.viewPaperAsStaff))
}

func (p *Pages) bulkRoutes(r web.StaffGroup) {
	r.GET("/stuck", web.CanSee, p.bulkPage)
	r.POST("/stuck", web.CanActInBulk, p.startBulk)
	r.GET("/bulk/:id", web.CanSee, web.WithID("id", p.Store.Bulk, p.bulkJobPage))
	r.GET("/bulk/:id/progress", web.CanSee, web.WithID("id", p.Store.Bulk, p.bulkProgress))
	r.POST("/bulk/:id/control", web.CanActInBulk, web.WithID("id", p.Store.Bulk, p.controlBulk))
	r.GET("/bulk", web.CanSee, func(c *gin.Context) error { return web.Redirect(c, stuckPath(c.Request.URL.Query())) })
}

// vettingRoutes are what reviewers do in the provider's own vetting (初审).
func (p *Pages) vettingRoutes(r web.StaffGroup) {
	r.GET("/vetting", web.CanSee, p.vettingQueue)
	r.POST("/vetting/next", web.CanVet, p.takeNextVetting)
	r.GET("/vetting/figures", web.CanVet, p.vettingFiguresPage)
	r.GET("/vetting/figures.csv", web.CanVet, p.exportVettingFigures)
	r.GET("/filings/:number/vetting/state", web.CanVet, p.withFiling(p.vettingState))
	r.POST("/filings/:number/vetting/take", web.CanVet, p.withFiling(p.takeVetting))
	r.POST("/filings/:number/vetting/release", web.CanVet, p.withFiling(p.releaseVetting))
	r.POST("/filings/:number/vetting/finish", web.CanVet, p.withFiling(p.finishVetting))
	r.POST("/filings/:number/pass", web.CanVet, p.withFiling(p.pass))
	r.POST("/filings/:number/send-back", web.CanVet, p.withFiling(p.sendBack))
}

func (p *Pages) bureauRoutes(r web.StaffGroup) {
	r.GET("/tasks/:id/answer", web.CanActOnTasks, p.taskForm)
	r.POST("/tasks/:id/answer", web.CanActOnTasks, p.answerTask)
	r.GET("/papers", web.CanActOnTasks, p.paperForm)
	r.POST("/papers", web.CanActOnTasks, p.submitPaper)
	r.GET("/addresses", web.CanSee, p.addresses)
	r.POST("/addresses", web.CanRunBureau, p.reportAddresses)
	r.GET("/addresses/:id", web.CanRunBureau, web.WithID("id", p.Store.Block, p.blockPage))
	r.POST("/addresses/:id", web.CanRunBureau, web.WithID("id", p.Store.Block, p.changeBlock))
	r.POST("/addresses/:id/remove", web.CanRunBureau, web.WithID("id", p.Store.Block, p.removeBlock))
	r.GET("/dossiers", web.CanSee, p.manualList)
	r.GET("/dossiers/:record", web.CanSeePersonal, web.WithID("record", p.Store.ManualRecord, p.manualPage))
	r.POST("/dossiers/:record/submitted", web.CanActOnFilings, web.WithID("record", p.manualDossier, p.manualSubmitted))
	r.POST("/dossiers/:record/approved", web.CanActOnFilings, web.WithID("record", p.manualDossier, p.manualApproved))
	r.POST("/dossiers/:record/refused", web.CanActOnFilings, web.WithID("record", p.manualDossier, p.manualRefused))
	r.GET("/bureau", web.CanSee, p.bureauPage)
	r.POST("/bureau/accounts/:id/start", web.CanRunBureau,
		p.bureauAction("account.start", "account", p.Store.StartAccount))
	r.POST("/bureau/accounts/:id/release", web.CanRunBureau,
		p.bureauAction("account.release", "account", p.releaseDoubtful))
	r.GET("/bureau/accounts/:id/files/:direction/:number", web.CanSeePersonal, p.dataFile)
	r.POST("/bureau/tasks/:id/done", web.CanActOnTasks, p.bureauAction("task.done", "task", p.Store.TaskDone))
}

// accountRoutes are the staff's accounts, the quotas and the audit log.
func (p *Pages) accountRoutes(r web.StaffGroup) {
	manage := func(method func(string, web.Permission, web.Handler), path string, h web.Handler) {
		method(path, web.CanManageStaff, p.Fresh(pathAccounts, h))
	}
	account := func(path string, h web.Handler) { manage(r.POST, "/staff/:id/"+path, h) }
	manage(r.GET, "/staff", p.staffAccounts)
	manage(r.POST, "/staff", p.addStaff)
	account("role", web.WithID("id", p.Store.StaffAccount, p.setStaffRole))
	account("disable", p.staffAction("staff.disable", p.Store.DisableStaff))
	account("enable", p.staffAction("staff.enable", p.Store.EnableStaff))
	account("reset-totp", p.staffAction("staff.reset_totp", p.Store.ResetTOTP))
	account("end-sessions", p.staffAction("staff.end_sessions", p.Store.EndStaffSessions))
	account("password", web.WithID("id", p.Store.StaffAccount, p.giveFirstPassword))
	p.personalDataRoutes(r)
	r.GET("/quotas", web.CanSeePersonal, p.quotasPage)
	r.POST("/quotas/reset", web.CanResetQuotas, p.resetQuota)
	r.GET("/audit", web.CanReadAudit, p.auditPage)
	r.GET("/audit/export", web.CanReadAudit, p.exportAudit)
}

// personalDataRoutes are for customers who ask for a copy of their data, or for its erasure.
func (p *Pages) personalDataRoutes(r web.StaffGroup) {
	needs := web.CanHandlePersonalData
	r.GET("/orders/:number/customer", needs, p.customerOfOrder)
	r.GET("/customers/:id", needs, p.Fresh("", web.WithID("id", p.customer, p.personalPage)))
	r.POST("/customers/:id", needs, p.Fresh("", web.WithID("id", p.customer, p.handlePersonal)))
}
