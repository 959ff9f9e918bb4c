"use strict"

// The server renders every row; this script puts rows in their places. What has the focus keeps it.
{
	const byID = id => document.getElementById(id)
	const rows = byID("request-rows"), link = byID("link"), result = byID("result"), news = byID("news"), pause = byID("pause")
	const mostRows = 200
	let last = document.body.dataset.last, paused = false, held = [], refusals = [], speaking = 0

	const parse = html => {
		const template = document.createElement("template")
		template.innerHTML = html
		return template.content
	}

	// keepFocus lets a change of the page happen. If what had the focus is gone, its row gets it, or the title of its part.
	const keepFocus = (part, change) => {
		const before = document.activeElement
		const id = before?.id, row = before?.closest?.("tr[id]")?.id, inside = part.contains(before)
		change()
		if (!inside || document.activeElement === before && before.isConnected) return
		const next = id && byID(id) || row && byID(row) || part.closest("section").querySelector("h2")
		next.focus({preventScroll: true})
	}

	// merge makes a node like a fresh one, and keeps those of its parts that stay the same.
	const merge = (old, fresh) => {
		if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh)
		if (old.nodeType !== Node.ELEMENT_NODE) {
			if (old.data !== fresh.data) old.data = fresh.data
			return
		}
		for (const {name} of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name)
		for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
		mergeChildren(old, fresh)
	}

	const mergeChildren = (old, fresh) => {
		const named = new Map()
		for (const child of old.children) if (child.id) named.set(child.id, child)
		let at = old.firstChild
		for (const child of [...fresh.childNodes]) {
			let same = child.id ? named.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : null
			if (!same) {
				old.insertBefore(child, at)
				continue
			}
			if (same === at) at = at.nextSibling
			else old.insertBefore(same, at)
			merge(same, child)
		}
		while (at) {
			const next = at.nextSibling
			at.remove()
			at = next
		}
	}

	const count = () => {
		rows.closest("section").classList.toggle("empty", rows.children.length === 0)
		pause.textContent = held.length > 0 ? `Pause the list (${held.length} new)` : "Pause the list"
	}

	const show = fresh => keepFocus(rows, () => {
		for (const row of fresh) {
			if (row.id && byID(row.id)) continue
			row.classList.add("new")
			rows.prepend(row)
		}
		while (rows.children.length > mostRows) rows.lastElementChild.remove()
	})

	// tell has refusals read aloud, a few at once.
	const tell = row => {
		if (!row.classList.contains("refused")) return
		refusals.push(row.querySelector("th").textContent.trim() + ", " + row.lastElementChild.textContent.trim())
		if (speaking) return
		speaking = setTimeout(() => {
			speaking = 0
			news.textContent = refusals.length === 1 ? refusals[0] : `${refusals.length} requests were refused. The last one: ${refusals.at(-1)}`
			refusals = []
		}, 1000)
	}

	const add = row => {
		tell(row)
		if (paused) held = [...held, row].slice(-mostRows)
		else show([row])
		count()
	}

	const connect = () => {
		const source = new EventSource("/_sandbox/events?after=" + encodeURIComponent(last))
		source.onopen = () => { link.textContent = "Live" }
		source.onerror = () => {
			link.textContent = "Not connected: trying again"
			if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000)
		}
		source.addEventListener("request", e => {
			last = e.lastEventId
			add(parse(e.data).firstElementChild)
		})
		source.addEventListener("gap", e => {
			const row = parse('<table><tr role="row"><td role="cell" colspan="5"></td></tr></table>').querySelector("tr")
			row.firstChild.textContent = `${Number(e.data).toLocaleString("en")} requests before these are not shown`
			add(row)
		})
		for (const name of ["invoices", "webhooks", "deliveries", "pairings", "clock", "faults"]) {
			source.addEventListener(name, e => {
				const part = byID("live-" + name)
				keepFocus(part, () => mergeChildren(part, parse(e.data)))
			})
		}
	}

	pause.addEventListener("click", () => {
		paused = !paused
		pause.setAttribute("aria-pressed", paused)
		if (!paused) {
			show(held)
			held = []
		}
		count()
	})
	byID("refused-only").addEventListener("change", e => byID("requests").classList.toggle("only-refused", e.target.checked))

	document.addEventListener("submit", async e => {
		e.preventDefault()
		const data = new URLSearchParams(new FormData(e.target))
		if (e.submitter?.name) data.set(e.submitter.name, e.submitter.value)
		let said
		try {
			const response = await fetch(e.target.action, {method: "POST", headers: {Accept: "application/json"}, body: data})
			said = await response.json()
		} catch {
			said = {error: "the sandbox does not answer"}
		}
		result.textContent = said.error ? "Not done: " + said.error : "Done: " + said.done
	})

	setInterval(() => {
		const now = byID("now")
		if (now) now.textContent = new Date(Date.now() + Number(now.dataset.offset)).toISOString().slice(0, 19).replace("T", " ") + " UTC"
	}, 1000)

	document.querySelector(".tools").hidden = false
	count()
	connect()
}
