// What the scripts of all clients share: steps that are counted, a receiver of posts, and the sandbox's control.
import {createServer} from "node:http"
import {execFileSync} from "node:child_process"

export const server = process.env.SERVER
const origin = new URL(server).origin
let done = 0, all = 0

// step counts one thing that a client does, and prints why it failed.
export const step = async (name, act) => {
	all++
	try {
		await act()
		done++
	} catch (e) {
		const body = e.body ?? e.response?.body
		console.error(`  ${name}: ${e.status ?? e.statusCode ?? ""} ${e.message} ${body ? JSON.stringify(body).slice(0, 300) : ""}`)
	}
}

// finish prints how many steps worked.
export const finish = () => {
	console.log(`${done} of ${all}`)
	process.exit(done === all ? 0 : 1)
}

export const control = async (action, body) => {
	const response = await fetch(`${origin}/_sandbox/${action}`, {method: "POST", body: JSON.stringify(body)})
	if (!response.ok) throw new Error(`${action}: ${await response.text()}`)
	return response.json()
}

export const seed = () => control("seed", {})

// owner acts as the store's owner, and returns what is printed.
export const owner = async (...args) => execFileSync(process.env.BTCPAYCTL, ["sandbox", ...args, "--server", server, "-o", "name"], {encoding: "utf8"}).trim()

// receiver waits for what is posted to it.
export const receiver = async () => {
	const posts = [], waiting = []
	const listener = createServer((request, response) => {
		const chunks = []
		request.on("data", chunk => chunks.push(chunk))
		request.on("end", () => {
			response.end()
			const raw = Buffer.concat(chunks)
			posts.push({headers: request.headers, raw, body: JSON.parse(raw)})
			waiting.forEach(look => look())
		})
	})
	await new Promise(ready => listener.listen(0, "127.0.0.1", ready))
	return {
		url: `http://127.0.0.1:${listener.address().port}/`,
		next: fits => new Promise((found, failed) => {
			const timer = setTimeout(() => failed(new Error(`nothing came in 2 minutes: ${JSON.stringify(posts.map(p => p.body))}`)), 120_000)
			const look = () => {
				const post = posts.find(fits)
				if (post) {
					clearTimeout(timer)
					found(post)
				}
			}
			waiting.push(look)
			look()
		}),
		close: () => listener.close(),
	}
}
