// The npm package btcpay, a client of the BitPay-compatible API: pairing, an invoice, its payment, and a notification.
import {createRequire} from "node:module"
import {control, finish, owner, receiver, seed, server, step} from "./steps.mjs"

const {BTCPayClient, crypto} = createRequire(process.cwd() + "/")("btcpay")
const keys = crypto.generate_keypair()
const shop = await seed()

let tokens
await step("pair a key", async () => {
	const code = await owner("code")
	tokens = await new BTCPayClient(server, keys).pair_client(code)
	if (!tokens.merchant) throw new Error("no token")
})
const client = new BTCPayClient(server, keys, tokens)
await step("get rates", async () => {
	const [rate] = await client.get_rates(["BTC_USD"], shop.storeId)
	if (rate.code !== "USD" || !(rate.rate > 0)) throw new Error(JSON.stringify(rate))
})
const posted = await receiver()
let invoice
await step("create an invoice", async () => {
	invoice = await client.create_invoice({price: 20, currency: "USD", orderId: "shop-1", notificationURL: posted.url, fullNotifications: true})
	if (invoice.status !== "new" || invoice.price !== 20) throw new Error(JSON.stringify(invoice))
})
await step("pay it and receive a notification", async () => {
	await control("pay", {address: invoice.bitcoinAddress, amount: String(invoice.btcDue), confirmations: 6})
	const {body} = await posted.next(({body}) => body.status === "complete" || body.status === "confirmed")
	if (body.id !== invoice.id || body.orderId !== "shop-1") throw new Error(JSON.stringify(body))
})
await step("get the invoice", async () => {
	const paid = await client.get_invoice(invoice.id)
	if (!["confirmed", "complete"].includes(paid.status)) throw new Error(paid.status)
})
await step("list invoices", async () => {
	const list = await client.get_invoices({orderId: "shop-1"})
	if (list.length !== 1 || list[0].id !== invoice.id) throw new Error(`${list.length} invoices`)
})
await step("a stranger's key is refused", async () => {
	const stranger = new BTCPayClient(server, crypto.generate_keypair(), {merchant: tokens.merchant})
	await stranger.get_invoice(invoice.id).then(() => { throw new Error("not refused") }, e => { if (e.statusCode !== 403) throw e })
})
posted.close()
finish()
