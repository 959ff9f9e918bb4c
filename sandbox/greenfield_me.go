package sandbox

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

func (s *Sandbox) readMe(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.release.WriteUsers(w, http.StatusOK, s.showUser(c.user, c))
}

// updateMe changes what is named. An e-mail that is none is refused, and set all the same (recording 26-users).
func (s *Sandbox) updateMe(w http.ResponseWriter, r *http.Request, c *caller) {
	var email, name, image, current, next *string
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"UpdateApplicationUserRequest", false, func(m *aspnet.Model) {
		email, name, image = m.Text("email"), m.Text("name"), m.Text("imageUrl")
		current, next = m.Text("currentPassword"), m.Text("newPassword")
	}) {
		return
	}
	u := c.user
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
		if other := s.state.FindUser(*email); other != nil && other != u {
			refusal := aspnet.FieldError{Path: "Email", Message: "Unexpected error occurred setting email for user."} // told twice
			bad = append(bad, refusal, refusal)
		} else {
			s.state.SetEmail(u, *email)
			if !plausibleEmail(*email) {
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
	s.release.WriteUsers(w, http.StatusOK, s.showUser(u, c))
}

func (s *Sandbox) deleteMe(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.removeUser(w, c.user)
}

func (s *Sandbox) setMyPicture(w http.ResponseWriter, r *http.Request, c *caller) {
	if link := s.takePicture(w, r, c); link != "" {
		c.user.ImageURL = &link
		s.release.WriteUsers(w, http.StatusOK, s.showUser(c.user, c))
	}
}

func (s *Sandbox) removeMyPicture(w http.ResponseWriter, _ *http.Request, c *caller) {
	c.user.ImageURL = nil
	aspnet.WriteEmpty(w, http.StatusOK)
}
