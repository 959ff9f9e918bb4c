package users

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pictures"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

func readMe(w http.ResponseWriter, r *serve.Request) {
	r.Release.WriteUsers(w, http.StatusOK, showUser(r, r.User))
}

// updateMe changes the fields that the request has. An invalid e-mail is refused, but set nevertheless (recording
// 26-users).
func updateMe(w http.ResponseWriter, r *serve.Request) {
	var email, name, image, current, next *string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdateApplicationUserRequest", false, func(m *aspnet.Model) {
		email, name, image = m.Text("email"), m.Text("name"), m.Text("imageUrl")
		current, next = m.Text("currentPassword"), m.Text("newPassword")
	}) {
		return
	}
	u := r.User
	var bad []aspnet.FieldError
	if password := aspnet.Or(next, ""); password != "" {
		switch fault := passwordFault(password); {
		case !u.HasPassword(aspnet.Or(current, "")):
			bad = append(bad, aspnet.FieldError{Path: "CurrentPassword", Message: "The current password is not correct."})
		case fault != "":
			bad = append(bad, aspnet.FieldError{Path: "NewPassword", Message: fault})
		default:
			u.SetPassword(password)
		}
	}
	if email != nil && *email != "" && *email != u.Email {
		if other := r.State.FindUser(*email); other != nil && other != u {
			refusal := aspnet.FieldError{Path: "Email", Message: "Unexpected error occurred setting email for user."} // appears twice
			bad = append(bad, refusal, refusal)
		} else {
			r.State.SetEmail(u, *email)
			if !greenfield.PlausibleEmail(*email) {
				bad = append(bad, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
			}
		}
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	aspnet.SetText(&u.Name, name)
	aspnet.SetText(&u.ImageURL, image)
	r.Release.WriteUsers(w, http.StatusOK, showUser(r, u))
}

func deleteMe(w http.ResponseWriter, r *serve.Request) {
	removeUser(w, r, r.User)
}

func setMyPicture(w http.ResponseWriter, r *serve.Request) {
	if link := pictures.Take(w, r); link != "" {
		r.User.ImageURL = &link
		r.Release.WriteUsers(w, http.StatusOK, showUser(r, r.User))
	}
}

func removeMyPicture(w http.ResponseWriter, r *serve.Request) {
	r.User.ImageURL = nil
	aspnet.WriteEmpty(w, http.StatusOK)
}
