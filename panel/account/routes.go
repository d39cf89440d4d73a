// Package account is how people sign in and look after their accounts: passwords, the second
// factor, contact addresses, sessions.
package account

import (
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Pages are the pages of accounts.
type Pages struct{ *web.Kit }

// New makes them.
func New(k *web.Kit) *Pages { return &Pages{k} }

// Routes registers them: for everybody, and for who is signed in.
func (p *Pages) Routes(all, in web.Group) {
	all.GET("/sign-in", p.signInForm)
	all.POST("/sign-in", p.signIn, p.DropSavedPost)
	all.GET("/sign-in/forgotten", p.forgottenForm)
	all.POST("/sign-in/forgotten", p.forgotten, p.DropSavedPost)
	all.GET(pathFirstCode, p.firstCodeForm)
	all.POST(pathFirstCode, p.firstCode)
	all.GET("/sign-in/forgotten/code", p.recoveryCodeForm)
	all.POST("/sign-in/forgotten/code", p.recoveryCode)
	all.POST("/sign-in/forgotten/again", p.recoveryAgain)
	all.GET("/sign-in/forgotten/password", p.newPasswordForm)
	all.POST("/sign-in/forgotten/password", p.newPassword)
	all.GET(pathCode, p.codeForm)
	all.POST(pathCode, p.giveCode)
	all.GET(pathFirstPassword, p.firstPasswordForm)
	all.POST(pathFirstPassword, p.replaceFirstPassword)
	all.GET(pathEnrol, p.enrolForm)
	all.POST(pathEnrol, p.enrol)
	all.POST("/sign-out", p.signOut)
	all.GET(web.LaunchPath+":token", p.launchForm)
	all.POST(web.LaunchPath+":token", p.launch)

	in.GET("/", p.home)
	in.GET("/account", p.accountPage)
	in.GET("/account/password", p.proven(p.passwordForm))
	in.POST("/account/password", p.proven(p.changePassword))
	in.GET("/account/contact/:channel", p.proven(p.contactAddressForm))
	in.POST("/account/contact/:channel", p.proven(p.requestContactAddress))
	in.GET("/account/contact/:channel/code", p.contactAddressCodeForm)
	in.POST("/account/contact/:channel/code", p.confirmContactAddress)
	in.POST("/account/sessions/:id/end", p.endSession)
	in.POST("/account/end-others", p.endOthers)

	in.GET(web.PathConfirm, p.confirmForm)
	in.POST(web.PathConfirm, p.confirm)
	proof := in.Group(pathProof, p.RequireRole(store.RoleCustomer))
	proof.GET("", p.proofForm)
	proof.POST("", p.requestProof)
	proof.GET("/enter", p.proofCodeForm)
	proof.POST("/enter", p.confirmProof)

	totp := in.Group(pathTOTP, p.RequireRole(store.RoleSupport))
	totp.GET("", p.totpPage)
	totp.GET("/enrol", p.enrolOwnForm)
	totp.POST("/enrol", p.enrolOwn)
	totp.POST("/codes", p.newRecoveryCodes)
}

// Forms are the forms of these pages by their names, which the help centre explains.
func Forms(t *locale.Localizer) map[string][]web.Field {
	return map[string][]web.Field{
		"sign_in": signInFields(), "forgotten": forgottenFields(t), "account_code": web.CodeFields(),
		"first_code":       firstCodeFields(),
		"account_password": passwordFields(), "account_proof": {{Name: "channel"}},
		"account_contact": {{Name: "mobile"}, {Name: "email"}, {Name: "present_password"}}, "captcha": {{Name: "captcha"}},
	}
}
