package devcli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/simulate/bureau"
)

type simulateBureau struct {
	Listen      string        `default:"127.0.0.1:8082" help:"address to listen on"`
	State       string        `default:".beian/bureau.json" help:"file for its state"`
	Edition     string        `enum:"today,2005" default:"today" help:"how it works: as bureaus do today, or as in 2005, with certificates and filing passwords"`
	ISPID       int64         `name:"isp-id" default:"310001" help:"the provider's number"`
	User        string        `default:"provider" help:"the provider's user name"`
	ReviewAfter time.Duration `default:"-1s" help:"how long a review takes; negative: reviewed on the page only"`
	ReviewUpTo  time.Duration `help:"reviews take between review-after and this"`
	Verify      time.Duration `name:"sms-verification" default:"24h" help:"how long managers have to enter the code at /verify before the review, with the edition of today; 0: nobody has to"`
	UniqueNames bool          `help:"refuse a site name that is already filed"`
	MaxChanges  int           `help:"changes of one holder in 24 hours; 0: no limit"`
	Province    string        `help:"the bureau's province, such as 310000; empty: any"`
	Hours       string        `help:"when it accepts filings, China time, such as 09:00-17:30; empty: always"`
	CheckPapers bool          `help:"require readable pictures, and the holder's document with a new filing" default:"true" negatable:""`
	Schema      string        `type:"existingfile" help:"the ministry's upload-data.xsd, to validate files with"`
	FaultRate   float64       `help:"rate of random faults, 0 to 1"`
	FaultSeed   uint64        `default:"1" help:"seed of the random faults: the same seed and calls give the same faults"`
}

// Help shows an example.
func (simulateBureau) Help() string {
	return "The provider's password comes from BEIAN_BUREAU_PASSWORD. Example: BEIAN_BUREAU_PASSWORD=… beian simulate bureau --review-after 10s"
}

// Run serves until it is stopped.
func (c *simulateBureau) Run(ctx context.Context) error {
	password := os.Getenv("BEIAN_BUREAU_PASSWORD")
	if password == "" {
		return errors.New("BEIAN_BUREAU_PASSWORD is not set: the password that the provider will use")
	}
	if c.Edition != string(bureau.EditionToday) {
		c.Verify = 0
	}
	var random *bureau.RandomFaults
	if c.FaultRate > 0 {
		random = &bureau.RandomFaults{Seed: c.FaultSeed, Rate: c.FaultRate}
	}
	s, err := bureau.New(bureau.Options{
		Edition: bureau.Edition(c.Edition), Province: c.Province, CheckPapers: c.CheckPapers, Hours: c.Hours,
		SMSVerification: c.Verify, Schema: c.Schema, Random: random, ISPID: c.ISPID,
		UserName: c.User, Password: password,
		ReviewAfter: c.ReviewAfter, ReviewUpTo: c.ReviewUpTo, UniqueSiteNames: c.UniqueNames, MaxChanges: c.MaxChanges,
		StateFile: c.State, Logger: app.NewLogger("info"),
	})
	if err != nil {
		return err
	}
	return serveAll(ctx, map[string]http.Handler{c.Listen: s})
}
