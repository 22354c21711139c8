import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Checks tokens for MSK's IAM authentication as AWS would, with keys that it is told: a token is a presigned GET of
 * https://kafka.REGION.amazonaws.com/?Action=kafka-cluster:Connect, whose signature (SigV4) is computed again here.
 *
 * System properties: msk.iam.region, and msk.iam.credentials, a file that is read for each token, one key a line with tabs
 * between: access key id, secret access key, session token or -, principal. Each verdict is a line of the broker's output.
 */
public final class IamVerifier implements AuthenticateCallbackHandler {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);
  private static final Duration SHORTEST = Duration.ofSeconds(2);

  private String region;
  private Path credentials;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> jaas) {
    region = System.getProperty("msk.iam.region");
    credentials = Path.of(System.getProperty("msk.iam.credentials"));
  }

  @Override
  public void close() {}

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (callback instanceof OAuthBearerValidatorCallback validation) validate(validation);
      else if (callback instanceof OAuthBearerExtensionsValidatorCallback extensions)
        extensions.inputExtensions().map().keySet().forEach(extensions::valid);
      else throw new UnsupportedCallbackException(callback);
    }
  }

  private void validate(OAuthBearerValidatorCallback callback) {
    Token token;
    try {
      token = verify(callback.tokenValue());
    } catch (SaslAuthenticationException tooShort) {
      System.out.println("IAM refused: session too short");
      throw tooShort;
    } catch (Refused refused) {
      System.out.println("IAM refused: " + refused.getMessage());
      // Both ways in which a broker may say no: what the token claims is answered in the protocol of the mechanism, a
      // signature that is wrong as MSK does.
      if (!refused.isDenial) {
        callback.error("invalid_token: " + refused.getMessage(), null, null);
        return;
      }
      throw new SaslAuthenticationException("[" + java.util.UUID.randomUUID() + "]: Access denied");
    } catch (Exception malformed) {
      System.out.println("IAM refused: malformed, " + malformed);
      callback.error("invalid_token: malformed", null, null);
      return;
    }
    System.out.println("IAM accepted: " + token.principalName());
    callback.token(token);
  }

  private Token verify(String text) throws Exception {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
    Map<String, String> query = new TreeMap<>();
    for (String part : url.getRawQuery().split("&")) {
      int equals = part.indexOf('=');
      query.put(decode(part.substring(0, equals)), decode(part.substring(equals + 1)));
    }
    String host = "kafka." + region + ".amazonaws.com";
    demand(url.getScheme().equals("https") && url.getPath().equals("/"), "not an https URL of /");
    demand("kafka-cluster:Connect".equals(query.get("Action")), "another action");
    demand("AWS4-HMAC-SHA256".equals(query.get("X-Amz-Algorithm")), "another algorithm");
    demand("host".equals(query.get("X-Amz-SignedHeaders")), "other signed headers");

    String[] scope = query.get("X-Amz-Credential").split("/");
    demand(scope.length == 5 && scope[3].equals("kafka-cluster") && scope[4].equals("aws4_request"), "another service");
    demand(url.getHost().equals(host) && scope[2].equals(region), "signed for " + scope[2] + ", this is " + region);

    String date = query.get("X-Amz-Date");
    demand(date.startsWith(scope[1]), "dates differ");
    Instant signed = TIME.parse(date, Instant::from);
    // The signer writes fractions of seconds when it is the credentials that expire.
    Duration life = Duration.ofMillis((long) (Double.parseDouble(query.get("X-Amz-Expires")) * 1000));
    Instant now = Instant.now();
    demand(signed.isBefore(now.plus(CLOCK_SKEW)), "signed in the future");
    demand(life.compareTo(LONGEST) <= 0, "lives for too long");
    demand(signed.plus(life).isAfter(now), "expired");

    for (String line : Files.readAllLines(credentials)) {
      String[] known = line.split("\t");
      if (!known[0].equals(scope[0])) continue;
      String sessionToken = known[2].equals("-") ? null : known[2];
      deny(java.util.Objects.equals(sessionToken, query.get("X-Amz-Security-Token")), "wrong session token");
      String expected = signature(known[1], scope, date, canonicalRequest(host, query));
      byte[] given = query.get("X-Amz-Signature").getBytes(StandardCharsets.US_ASCII);
      deny(MessageDigest.isEqual(expected.getBytes(StandardCharsets.US_ASCII), given), "wrong signature");
      // In MSK's words, which come when the credentials are about to end.
      if (signed.plus(life).isBefore(now.plus(SHORTEST)))
        throw new SaslAuthenticationException("[" + java.util.UUID.randomUUID() + "]: Session too short");
      return new Token(text, known[3], signed.plus(life).toEpochMilli(), signed.toEpochMilli());
    }
    deny(false, "unknown key");
    throw new AssertionError();
  }

  private static String canonicalRequest(String host, Map<String, String> query) throws Exception {
    TreeMap<String, String> encoded = new TreeMap<>();
    query.forEach((key, value) -> {
      if (!key.equals("X-Amz-Signature") && !key.equals("User-Agent")) encoded.put(encode(key), encode(value));
    });
    StringBuilder canonical = new StringBuilder("GET\n/\n");
    encoded.forEach((key, value) -> {
      if (canonical.charAt(canonical.length() - 1) != '\n') canonical.append('&');
      canonical.append(key).append('=').append(value);
    });
    byte[] empty = MessageDigest.getInstance("SHA-256").digest(new byte[0]);
    return canonical.append("\nhost:").append(host).append("\n\nhost\n").append(hex(empty)).toString();
  }

  private static String signature(String secret, String[] scope, String date, String request) throws Exception {
    String toSign = String.join(
        "\n",
        "AWS4-HMAC-SHA256",
        date,
        String.join("/", scope[1], scope[2], scope[3], scope[4]),
        hex(MessageDigest.getInstance("SHA-256").digest(request.getBytes(StandardCharsets.UTF_8))));
    byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (int part = 1; part < scope.length; part++) key = hmac(key, scope[part]);
    return hex(hmac(key, toSign));
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** As RFC 3986 has it, not as forms do. */
  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
  }

  private static void demand(boolean holds, String otherwise) throws Refused {
    if (!holds) throw new Refused(otherwise, false);
  }

  private static void deny(boolean unless, String why) throws Refused {
    if (!unless) throw new Refused(why, true);
  }

  private static final class Refused extends Exception {
    final boolean isDenial;

    Refused(String why, boolean isDenial) {
      super(why);
      this.isDenial = isDenial;
    }
  }

  private record Token(String value, String principalName, long lifetimeMs, Long startTimeMs)
      implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }
  }
}
