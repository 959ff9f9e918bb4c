// The npm package btcpay-greenfield-node-client: all that a shop does with keys, stores, invoices, webhooks and wallets.
import {createHmac} from "node:crypto"
import {createRequire} from "node:module"
import {control, finish, receiver, seed, server, step} from "./steps.mjs"

const c = createRequire(process.cwd() + "/")("btcpay-greenfield-node-client")
const shop = await seed(), storeId = shop.storeId, is = (got, want) => {
	if (got !== want) throw new Error(`${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
}
const OnChain = c.StorePaymentMethodsOnChainService

c.OpenAPI.BASE = server
c.OpenAPI.TOKEN = shop.apiKey

await step("health", async () => is((await c.HealthService.healthGetHealth()).synchronized, true))
await step("server info", async () => { if (!(await c.ServerInfoService.serverInfoGetServerInfo()).version) throw new Error("no version") })
await step("languages", async () => { if ((await c.MiscalleneousService.langCodes()).length < 10) throw new Error("few languages") })
await step("current user", async () => is((await c.UsersService.usersGetCurrentUser()).email, shop.email))
await step("current key", async () => is((await c.ApiKeysService.getApiKeysService()).apiKey, shop.apiKey))
let key
await step("create a key", async () => {
	key = (await c.ApiKeysService.postApiKeysService({requestBody: {label: "clerk", permissions: ["btcpay.store.canviewinvoices:" + storeId]}})).apiKey
})
await step("a weak key is refused", async () => {
	c.OpenAPI.TOKEN = key
	try {
		await c.InvoicesService.invoicesCreateInvoice({storeId, requestBody: {amount: "1", currency: "USD"}}).then(() => { throw new Error("not refused") }, e => is(e.status, 403))
	} finally {
		c.OpenAPI.TOKEN = shop.apiKey
	}
})
await step("revoke a key", () => c.ApiKeysService.deleteApiKeysService({apikey: key}))

let other
await step("list stores", async () => is((await c.StoresService.storesGetStores()).some(s => s.id === storeId), true))
await step("create a store", async () => { other = (await c.StoresService.postStoresService({requestBody: {name: "Other"}})).id })
await step("get a store", async () => is((await c.StoresService.storesGetStore({storeId: other})).name, "Other"))
await step("update a store", async () => is((await c.StoresService.storesUpdateStore({storeId: other, requestBody: {name: "Another"}})).name, "Another"))
await step("remove a store", () => c.StoresService.deleteStoresService({storeId: other}))

await step("wallet", async () => is((await OnChain.storeOnChainPaymentMethodsGetOnChainPaymentMethod({storeId, cryptoCode: "BTC"})).enabled, true))
await step("addresses of the wallet", async () => {
	const preview = Object.getOwnPropertyNames(OnChain).find(name => name.startsWith("storeOnChainPaymentMethodsGetOnChainPaymentMethodPreview")) ?? "storeOnChainPaymentMethodsGetOnChainPaymentMethod1"
	is((await OnChain[preview]({storeId, cryptoCode: "BTC", offset: 0, amount: 3})).addresses.length > 0, true)
})

const posted = await receiver(), secret = "a secret of the shop"
let hook
await step("create a webhook", async () => {
	hook = await c.WebhooksService.postWebhooksService({storeId, requestBody: {url: posted.url, secret, enabled: true, automaticRedelivery: true, authorizedEvents: {everything: true}}})
	is(hook.secret, secret)
})
await step("list webhooks", async () => is((await c.WebhooksService.webhokksGetWebhooks({storeId})).length, 1))
await step("get a webhook", async () => is((await c.WebhooksService.webhokksGetWebhook({storeId, webhookId: hook.id})).url, posted.url))
await step("update a webhook", () => c.WebhooksService.putWebhooksService({storeId, webhookId: hook.id, requestBody: {url: posted.url, enabled: true, automaticRedelivery: true, authorizedEvents: {everything: true}}}))

let invoice
const id = () => ({storeId, invoiceId: invoice.id})
await step("create an invoice", async () => {
	invoice = await c.InvoicesService.invoicesCreateInvoice({storeId, requestBody: {amount: "20", currency: "USD", metadata: {orderId: "shop-2"}}})
	is(invoice.status, "New")
})
await step("get an invoice", async () => is((await c.InvoicesService.invoicesGetInvoice(id())).amount, "20"))
await step("list invoices", async () => is((await c.InvoicesService.invoicesGetInvoices({storeId})).some(i => i.id === invoice.id), true))
await step("update an invoice", async () => is((await c.InvoicesService.invoicesUpdateInvoice({...id(), requestBody: {metadata: {orderId: "shop-3"}}})).metadata.orderId, "shop-3"))
let method
await step("payment methods of an invoice", async () => {
	[method] = await c.InvoicesService.invoicesGetInvoicePaymentMethods(id())
	is(Number(method.due) > 0, true)
})
await step("pay it and receive a signed event", async () => {
	await control("pay", {address: method.destination, amount: method.due, confirmations: 6})
	const {headers, raw} = await posted.next(({body}) => body.type === "InvoiceSettled" && body.invoiceId === invoice.id)
	is(headers["btcpay-sig"], "sha256=" + createHmac("sha256", secret).update(raw).digest("hex"))
	is((await c.InvoicesService.invoicesGetInvoice(id())).status, "Settled")
})
let delivery
const one = () => ({storeId, webhookId: hook.id, deliveryId: delivery.id})
await step("list deliveries", async () => {
	const all = await c.WebhooksService.getWebhooksService({storeId, webhookId: hook.id, count: "20"})
	delivery = all.at(-1)
	is(delivery.httpCode, 200)
})
await step("get a delivery", async () => is((await c.WebhooksService.getWebhooksService1(one())).id, delivery.id))
await step("get the request of a delivery", async () => is((await c.WebhooksService.getWebhooksService2(one())).deliveryId, delivery.id))
await step("redeliver", async () => {
	const again = await c.WebhooksService.postWebhooksService1(one())
	await posted.next(({body}) => body.deliveryId === again && body.isRedelivery)
})
await step("mark an invoice", async () => {
	const marked = await c.InvoicesService.invoicesCreateInvoice({storeId, requestBody: {amount: "5", currency: "USD"}})
	await c.InvoicesService.invoicesMarkInvoiceStatus({storeId, invoiceId: marked.id, requestBody: {status: "Invalid"}})
	is((await c.InvoicesService.invoicesGetInvoice({storeId, invoiceId: marked.id})).status, "Invalid")
})
await step("archive an invoice", () => c.InvoicesService.invoicesArchiveInvoice(id()))
await step("unarchive an invoice", () => c.InvoicesService.invoicesUnarchiveInvoice(id()))
await step("remove a webhook", () => c.WebhooksService.deleteWebhooksService({storeId, webhookId: hook.id}))
posted.close()
finish()
