package sandbox

import "net/http"

func (s *Sandbox) readMe(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.writeUsers(w, http.StatusOK, s.showUser(c.user, c))
}

// updateMe changes what is named. An e-mail that is none is refused, and set all the same (recording 26-users).
func (s *Sandbox) updateMe(w http.ResponseWriter, r *http.Request, c *caller) {
	var email, name, image, current, next *string
	if !bindBody(w, r, c.body, modelNames+"UpdateApplicationUserRequest", false, func(m *model) {
		email, name, image = m.text("email"), m.text("name"), m.text("imageUrl")
		current, next = m.text("currentPassword"), m.text("newPassword")
	}) {
		return
	}
	u := c.user
	var bad []fieldError
	if password := textOr(next, ""); password != "" {
		switch fault := passwordFault(password); {
		case !u.hasPassword(textOr(current, "")):
			bad = append(bad, fieldError{"CurrentPassword", "The current password is not correct."})
		case fault != "":
			bad = append(bad, fieldError{"NewPassword", fault})
		default:
			u.setPassword(password)
		}
	}
	if email != nil && *email != "" && *email != u.Email {
		if other := s.state.findUser(*email); other != nil && other != u {
			refusal := fieldError{"Email", "Unexpected error occurred setting email for user."} // told twice
			bad = append(bad, refusal, refusal)
		} else {
			s.state.setEmail(u, *email)
			if !plausibleEmail(*email) {
				bad = append(bad, fieldError{"Email", "Invalid email"})
			}
		}
	}
	if bad != nil {
		writeValidation(w, bad...)
		return
	}
	putText(&u.Name, name)
	putText(&u.ImageURL, image)
	s.writeUsers(w, http.StatusOK, s.showUser(u, c))
}

func (s *Sandbox) deleteMe(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.removeUser(w, c.user)
}

func (s *Sandbox) setMyPicture(w http.ResponseWriter, r *http.Request, c *caller) {
	if link := s.takePicture(w, r, c); link != "" {
		c.user.ImageURL = &link
		s.writeUsers(w, http.StatusOK, s.showUser(c.user, c))
	}
}

func (s *Sandbox) removeMyPicture(w http.ResponseWriter, _ *http.Request, c *caller) {
	c.user.ImageURL = nil
	writeEmpty(w, http.StatusOK)
}
