package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	tlog "go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	storeName   = "sqlite"
	clusterName = "active"
	// clusterID is fixed because an existing database file is bound to it.
	clusterID = "4d0a7f0e-7f55-4a10-9f0d-2f0c6f7c1d11"
)

type options struct {
	IP            string
	Port          int
	UIPort        int
	Headless      bool
	Database      string
	Namespaces    []string
	DynamicConfig []string
	LogLevel      string
}

type running struct {
	server temporal.Server
	ui     *uiserver.Server
}

func (r *running) Stop() {
	if r.ui != nil {
		r.ui.Stop()
	}
	_ = r.server.Stop()
}

func start(o options) (*running, error) {
	sql, err := database(o)
	if err != nil {
		return nil, err
	}
	dynamic, err := dynamicValues(o.DynamicConfig)
	if err != nil {
		return nil, err
	}
	conf, err := serverConfig(o, sql)
	if err != nil {
		return nil, err
	}
	authorizer, err := authorization.GetAuthorizerFromConfig(&conf.Global.Authorization)
	if err != nil {
		return nil, err
	}
	level := o.LogLevel
	if level == "never" {
		level = "fatal"
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(tlog.NewZapLogger(tlog.BuildZapLogger(tlog.Config{Level: level, Format: "console"}))),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithDynamicConfigClient(dynamic),
	)
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	r := &running{server: server}
	if !o.Headless {
		r.ui = userInterface(o)
		go func() {
			if err := r.ui.Start(); err != nil {
				fmt.Fprintln(os.Stderr, "temporal: the web UI stopped:", err)
			}
		}()
	}
	return r, nil
}

func database(o options) (*config.SQL, error) {
	sql := &config.SQL{PluginName: sqlite.PluginName}
	if o.Database == "" {
		sql.DatabaseName = fmt.Sprintf("memory-%d", os.Getpid())
		sql.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else {
		sql.DatabaseName = o.Database
		sql.ConnectAttributes = map[string]string{"mode": "rwc"}
		if _, err := os.Stat(o.Database); os.IsNotExist(err) {
			if err := sqliteschema.SetupSchema(sql); err != nil {
				return nil, fmt.Errorf("setting up %s: %w", o.Database, err)
			}
		}
	}
	var namespaces []*sqliteschema.NamespaceConfig
	for _, name := range append([]string{"default"}, o.Namespaces...) {
		ns, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
		if err != nil {
			return nil, err
		}
		namespaces = append(namespaces, ns)
	}
	return sql, sqliteschema.CreateNamespaces(sql, namespaces...)
}

func dynamicValues(pairs []string) (dynamicconfig.StaticClient, error) {
	values := dynamicconfig.StaticClient{}
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("--dynamic-config-value %q: want KEY=JSON", pair)
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("--dynamic-config-value %q: %w", pair, err)
		}
		values[dynamicconfig.MakeKey(key)] = wholeNumbers(value)
	}
	return values, nil
}

// wholeNumbers makes them int, as in a YAML file: the server ignores a float64 where it wants an int.
func wholeNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64() // the decoder has checked it
		return f
	case []any:
		for i := range v {
			v[i] = wholeNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = wholeNumbers(v[key])
		}
	}
	return value
}

func serverConfig(o options, sql *config.SQL) (*config.Config, error) {
	frontend := fmt.Sprintf("127.0.0.1:%d", o.Port)
	conf := &config.Config{
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend, ClusterID: clusterID},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Services:            map[string]config.Service{},
	}
	conf.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: "127.0.0.1"}
	conf.Persistence = config.Persistence{
		DefaultStore:     storeName,
		VisibilityStore:  storeName,
		NumHistoryShards: 1,
		DataStores:       map[string]config.DataStore{storeName: {SQL: sql}},
	}
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"

	ports, err := servicePorts()
	if err != nil {
		return nil, err
	}
	conf.Services["frontend"] = config.Service{
		RPC: config.RPC{GRPCPort: o.Port, BindOnIP: o.IP, MembershipPort: ports[0]},
	}
	for i, name := range []string{"history", "matching", "worker"} {
		conf.Services[name] = config.Service{
			RPC: config.RPC{GRPCPort: ports[1+2*i], MembershipPort: ports[2+2*i], BindOnLocalHost: true},
		}
	}
	return conf, nil
}

func userInterface(o options) *uiserver.Server {
	port := o.UIPort
	if port == 0 {
		port = o.Port + 1000
	}
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                o.IP,
		Port:                port,
		TemporalGRPCAddress: fmt.Sprintf("127.0.0.1:%d", o.Port),
		EnableUI:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true},
		HideLogs:            true,
	}))
}

// services is how many ports the services need besides the frontend's.
const services = 7

// servicePorts are those that BEIAN_TEMPORAL_PORTS lists, or any that are free now. Servers that start at the same time
// may find the same ones.
func servicePorts() (ports []int, err error) {
	list := os.Getenv("BEIAN_TEMPORAL_PORTS")
	if list == "" {
		return freePorts(services)
	}
	for _, text := range strings.Split(list, ",") {
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("BEIAN_TEMPORAL_PORTS: %w", err)
		}
		ports = append(ports, port)
	}
	if len(ports) != services {
		return nil, fmt.Errorf("BEIAN_TEMPORAL_PORTS: want %d ports, not %d", services, len(ports))
	}
	return ports, nil
}

// freePorts keeps all listeners open until every port is known, so that no two are the same.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
