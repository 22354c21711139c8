/**
 * SASL/OAUTHBEARER (RFC 7628) as an authentication provider of kafkajs 2.2.4. Its own one does not look at the answer: a
 * broker that refuses a token says why in it and waits, and the next request ended the connection without a word.
 *
 *     client   n,,<SOH>auth=Bearer TOKEN<SOH><SOH>
 *     broker   nothing, or JSON with the reason; then
 *     client   <SOH>
 *     broker   SASL_AUTHENTICATION_FAILED
 */

/** An exchange of SaslAuthenticate; texts have four bytes with their length before them on kafkajs' side. */
interface Exchange {
  request: { encode(): Promise<Buffer> };
  response: { decode(answer: Buffer): Promise<Buffer>; parse(answer: Buffer): Promise<string> };
}

interface Session {
  saslAuthenticate(exchange: Exchange): Promise<string>;
}

/** What the broker has against a token. */
export class TokenRefusal extends Error {}

export function oauthBearer(token: () => Promise<string>) {
  return ({ saslAuthenticate }: Session) => ({
    async authenticate(): Promise<void> {
      const bearer = await token();
      const reason = await saslAuthenticate(exchange(`n,,\x01auth=Bearer ${bearer}\x01\x01`));
      if (reason === '') return;
      await saslAuthenticate(exchange('\x01')).catch(() => {});
      throw new TokenRefusal(reason);
    },
  });
}

function exchange(text: string): Exchange {
  return {
    request: {
      async encode() {
        const message = Buffer.alloc(4 + Buffer.byteLength(text));
        message.writeInt32BE(message.length - 4);
        message.write(text, 4);
        return message;
      },
    },
    response: { decode: async (answer) => answer, parse: async (answer) => answer.toString('utf8', 4) },
  };
}
