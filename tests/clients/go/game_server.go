// A game server without a game, on the official SDK as it is. It tells every thing that happens as one line of JSON on
// standard output, and does what standard input says, one command a line; the driver is game_servers.py.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/amazon-gamelift/amazon-gamelift-servers-go-server-sdk/v5/model"
	"github.com/amazon-gamelift/amazon-gamelift-servers-go-server-sdk/v5/model/request"
	"github.com/amazon-gamelift/amazon-gamelift-servers-go-server-sdk/v5/server"
)

// The SDK calls back from goroutines of its own, so lines are written and the session is kept under a lock.
var (
	output  sync.Mutex
	session current
	healthy atomic.Bool
	// Games are not activated before the command says so.
	holds atomic.Bool
)

// What the server knows of its game session, as of the latest callback.
type current struct {
	sync.Mutex
	game model.GameSession
}

func (c *current) set(game model.GameSession) {
	c.Lock()
	defer c.Unlock()
	c.game = game
}

func (c *current) get() model.GameSession {
	c.Lock()
	defer c.Unlock()
	return c.game
}

type fields map[string]any

// tell writes one line.
func tell(event string, more fields) {
	line := fields{"event": event}
	for key, value := range more {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// The SDK's default logger writes to standard output, which is ours.
type logger struct{}

func (logger) Debugf(format string, values ...any) { note("debug", format, values) }
func (logger) Warnf(format string, values ...any)  { note("warn", format, values) }
func (logger) Errorf(format string, values ...any) { note("error", format, values) }

func note(level, format string, values []any) {
	fmt.Fprintf(os.Stderr, level+": "+format+"\n", values...)
}

func main() {
	port := flag.Int("port", 7777, "what players would connect to")
	flag.Parse()
	healthy.Store(true)
	server.SetLoggerInterface(logger{})
	version, _ := server.GetSdkVersion()
	must("initialized", server.InitSDKFromEnvironment(), fields{"version": version})
	must("ready", server.ProcessReady(server.ProcessParameters{
		OnStartGameSession:  started,
		OnUpdateGameSession: updated,
		OnProcessTerminate:  terminated,
		OnHealthCheck:       checked,
		Port:                *port,
		LogParameters:       server.LogParameters{LogPaths: []string{"logs"}},
	}), nil)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		obey(commands.Text())
	}
}

// must tells of a step of the start, and ends where it failed.
func must(event string, err error, more fields) {
	if err != nil {
		tell("failed", fields{"step": event, "error": err.Error()})
		os.Exit(1)
	}
	tell(event, more)
}

func started(game model.GameSession) {
	session.set(game)
	tell("started", fields{"session": game})
	if holds.Load() {
		return
	}
	if err := server.ActivateGameSession(); err != nil {
		tell("failed", fields{"step": "activated", "error": err.Error()})
		return
	}
	tell("activated", nil)
}

func updated(update model.UpdateGameSession) {
	session.set(update.GameSession)
	more := fields{"session": update.GameSession, "ticket": update.BackfillTicketID}
	if update.UpdateReason != nil {
		more["reason"] = update.UpdateReason.String()
	}
	tell("updated", more)
}

func terminated() {
	at, err := server.GetTerminationTime()
	tell("terminate", fields{"time": at, "error": text(err)})
	end()
}

func checked() bool {
	tell("health", fields{"healthy": healthy.Load()})
	return healthy.Load()
}

func end() {
	err := server.ProcessEnding()
	tell("ended", fields{"error": text(err)})
	_ = server.Destroy()
	os.Exit(0)
}

// obey carries out one command and tells its outcome: an error's text, or what was answered.
func obey(line string) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	name, words := words[0], words[1:]
	answer, err := carryOut(name, words)
	tell("done", fields{"command": name, "answer": answer, "error": text(err)})
}

func carryOut(name string, words []string) (any, error) {
	switch name {
	case "hold":
		holds.Store(true)
		return nil, nil
	case "activate":
		return nil, server.ActivateGameSession()
	case "accept":
		return nil, server.AcceptPlayerSession(words[0])
	case "remove":
		return nil, server.RemovePlayerSession(words[0])
	case "policy":
		return nil, setPolicy(words[0])
	case "describe":
		return describe()
	case "backfill":
		return backfill(words)
	case "stopbackfill":
		return nil, stopBackfill(words[0])
	case "role":
		ask := request.NewGetFleetRoleCredentials()
		ask.RoleArn = "arn:aws:iam::123456789012:role/game"
		return server.GetFleetRoleCredentials(ask)
	case "certificate":
		return server.GetComputeCertificate()
	case "health":
		healthy.Store(words[0] == "true")
		return nil, nil
	case "end":
		end()
	}
	return nil, fmt.Errorf("no such command: %s", name)
}

func setPolicy(name string) error {
	policy := model.NotSet
	policy.ToPlayerSessionPolicy(name)
	return server.UpdatePlayerSessionCreationPolicy(policy)
}

// describe lists the player sessions of the game, all pages.
func describe() (any, error) {
	found := []model.PlayerSession{}
	ask := request.NewDescribePlayerSessions()
	ask.GameSessionID = session.get().GameSessionID
	ask.Limit = 1
	for {
		page, err := server.DescribePlayerSessions(ask)
		if err != nil {
			return nil, err
		}
		found = append(found, page.PlayerSessions...)
		if page.NextToken == "" {
			return found, nil
		}
		// A request's id is its own, so each page is a new request.
		ask = request.NewDescribePlayerSessions()
		ask.GameSessionID = session.get().GameSessionID
		ask.Limit = 1
		ask.NextToken = page.NextToken
	}
}

// backfill asks for more players beside those that the matchmaker data names. Its words are a ticket id, or "-" for
// none, and the players that are still there; none named: all of them.
func backfill(words []string) (any, error) {
	var data model.MatchmakerData
	game := session.get()
	if err := json.Unmarshal([]byte(game.MatchmakerData), &data); err != nil {
		return nil, err
	}
	players := staying(data.Players, words[1:])
	ask := request.NewStartMatchBackfill(game.GameSessionID, data.MatchmakingConfigurationArn, players)
	if words[0] != "-" {
		ask.TicketID = words[0]
	}
	return server.StartMatchBackfill(ask)
}

func staying(players []model.Player, names []string) []model.Player {
	if len(names) == 0 {
		return players
	}
	kept := []model.Player{}
	for _, player := range players {
		for _, name := range names {
			if player.PlayerID == name {
				kept = append(kept, player)
			}
		}
	}
	return kept
}

func stopBackfill(ticket string) error {
	var data model.MatchmakerData
	game := session.get()
	if err := json.Unmarshal([]byte(game.MatchmakerData), &data); err != nil {
		return err
	}
	ask := request.NewStopMatchBackfill()
	ask.GameSessionArn = game.GameSessionID
	ask.MatchmakingConfigurationArn = data.MatchmakingConfigurationArn
	ask.TicketID = ticket
	return server.StopMatchBackfill(ask)
}

// text is nil for no error, so that the line holds null.
func text(err error) any {
	if err == nil {
		return nil
	}
	return err.Error()
}
