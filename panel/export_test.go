package panel

import (
	"context"
	"maps"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/account"
	"github.com/beian/beian/panel/customer"
	"github.com/beian/beian/panel/help"
	"github.com/beian/beian/panel/web"
)

// This file exposes internals to the tests, which are in a package of their own because of import cycles.

// Captcha returns the digits in the picture for a cookie's session.
func (s *Server) Captcha(ctx context.Context, cookie string) (string, error) {
	ctx, err := s.Sessions.Load(ctx, cookie)
	return s.Sessions.GetString(ctx, web.KeyCaptcha), err
}

// FormFields returns the fields of every form that customers and visitors fill in, by form name.
func (s *Server) FormFields() map[string][]string {
	t := s.Texts.For("zh")
	all := account.Forms(t)
	maps.Copy(all, customer.Forms(t))
	maps.Copy(all, help.Forms())
	names := map[string][]string{}
	for form, fields := range all {
		for _, f := range fields {
			names[form] = append(names[form], f.Name)
		}
	}
	return names
}

// SessionValues reads a session as stored in the database.
func SessionValues(t interface{ Fatal(...any) }, data []byte) map[string]any {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Routes returns all routes of the panel.
func (s *Server) Routes() gin.RoutesInfo { return s.routes }
