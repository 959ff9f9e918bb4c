// Package users is the area of users, their profile, and their membership and role in stores.
package users

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.Route("GET", "/server/roles", world.ModifyServerSettings, listRoles),
		greenfield.Route("GET", "/users", world.ViewUsers, listUsers),
		greenfield.Route("POST", "/users", serve.Open, createUser),
		greenfield.Route("GET", "/users/me", world.ViewProfile, readMe),
		greenfield.Route("PUT", "/users/me", world.ModifyProfile, updateMe),
		greenfield.Route("DELETE", "/users/me", world.DeleteMyself, deleteMe),
		greenfield.Route("POST", "/users/me/picture", world.ModifyProfile, setMyPicture),
		greenfield.Route("DELETE", "/users/me/picture", world.ModifyProfile, removeMyPicture),
		greenfield.Route("GET", "/users/{idOrEmail}", world.ViewUsers, readUser),
		greenfield.Route("DELETE", "/users/{idOrEmail}", world.ModifyServerSettings, deleteUser),
		greenfield.Route("POST", "/users/{idOrEmail}/approve", world.ModifyServerSettings, approveUser),
		greenfield.Route("POST", "/users/{idOrEmail}/lock", world.ModifyServerSettings, lockUser),
		greenfield.InStore("GET", "/roles", world.ViewStoreSettings, listRoles),
		greenfield.InStore("GET", "/users", world.ViewStoreSettings, listMembers),
		greenfield.InStore("POST", "/users", world.ModifyStoreSettings, addMember),
		greenfield.InStore("PUT", "/users/{idOrEmail}", world.ModifyStoreSettings, changeMember),
		greenfield.InStore("DELETE", "/users/{idOrEmail}", world.ModifyStoreSettings, removeMember),
	}
}
