// An identity provider that no one here wrote, for the tests of single sign-on.
// node tests/web/provider.mjs     prints {"port": …} when it listens on 127.0.0.1 as http://localhost, and ends with its standard input.
//
// Signing in there is one field, `login`: the sub of one of `accounts`. What tests change while it runs, as JSON by POST:
//   /test/account   {"sub", …claims}; those of openid stand in the ID token, email at the userinfo endpoint alone
//   /test/client    a client's metadata; again with the same client_id: in its place
//   /test/keys      {"keys": […]}, private JWKs: it signs with the first from now on

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const accounts = new Map();
const clients = new Map();
const cookieKeys = [randomBytes(32).toString('hex')];
let keys = [];
let provider;

const http = createServer(answer);
http.listen(0, '127.0.0.1', () => {
  const { port } = http.address();
  rebuild(`http://localhost:${port}`);
  console.log(JSON.stringify({ port }));
});
process.stdin.on('close', () => process.exit(0)).resume();

/** Its configuration is fixed when it is made; what it remembers of sessions and codes is not part of it. */
function rebuild(issuer) {
  provider = new Provider(issuer, {
    clients: [...clients.values()],
    ...(keys.length ? { jwks: { keys } } : {}),
    findAccount: (_ctx, sub) => accounts.has(sub) && { accountId: sub, claims: () => accounts.get(sub) },
    claims: { openid: ['sub', 'role', 'customer'], email: ['email'] },
    cookies: { keys: cookieKeys },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantAll,
    // It does not ask machines of a private network, and here they all are.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      claimsParameter: { enabled: true },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.on('backchannel.error', (_ctx, error) => console.error(error));
}

/** Consent is not what these tests are about: nobody is asked for it. */
async function grantAll(ctx) {
  const { client, session, params } = ctx.oidc;
  const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

async function answer(request, response) {
  const url = new URL(request.url, provider.issuer);
  if (url.pathname.startsWith('/interaction/')) return interact(url, request, response);
  if (!url.pathname.startsWith('/test/')) return provider.callback()(request, response);
  const body = JSON.parse(await bodyOf(request));
  if (url.pathname === '/test/account') accounts.set(body.sub, body);
  if (url.pathname === '/test/client') clients.set(body.client_id, body);
  if (url.pathname === '/test/keys') keys = body.keys;
  if (url.pathname !== '/test/account') rebuild(provider.issuer);
  response.end();
}

/** The sign-in page: a form, and a way to give up. */
async function interact(url, request, response) {
  if (request.method === 'GET' && !url.pathname.endsWith('/abort')) {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>Provider</title><form method="post"><input id="login" name="login" aria-label="Login"><button>Go on</button></form>` +
        `<a href="${url.pathname}/abort">Give up</a>`,
    );
    return;
  }
  const login = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)).get('login') : null;
  const result = login ? { login: { accountId: login } } : { error: 'access_denied', error_description: 'gave up' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function bodyOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}
