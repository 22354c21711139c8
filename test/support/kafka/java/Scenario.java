import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/**
 * Kafka's own Java client, driven by lines of JSON: each line of standard input is a command {"op": ..., ...}, and each
 * is answered, in order, by one line of standard output: {"ok": ...} or {"error": "..."}. The command "read" writes a
 * line {"record": ...} for each record before its answer. Keys, values and header values are base64 or null. The
 * program ends when its input does.
 */
public final class Scenario {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    String servers = args[0];
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    Admin admin = Admin.create(properties);
    Producers producers = new Producers(servers, admin);
    Administration administration = new Administration(admin);
    Consumers consumers = new Consumers(servers);
    Reading reading = new Reading(servers);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
    Writer out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
    for (String line; (line = in.readLine()) != null; ) {
      String reply;
      try {
        JsonNode command = JSON.readTree(line);
        String op = command.get("op").asText();
        Object answer = switch (op) {
          case "open", "send", "begin", "commit", "abort", "close", "abandon" -> producers.run(op, command);
          case "join", "take", "commitTaken", "leave" -> consumers.run(op, command);
          case "read" -> reading.run(command, out);
          default -> administration.run(op, command);
        };
        reply = JSON.writeValueAsString(Collections.singletonMap("ok", answer));
      } catch (Exception failure) {
        Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
        reply = JSON.writeValueAsString(Map.of("error", cause.toString()));
      }
      out.write(reply);
      out.write('\n');
      out.flush();
    }
    Runtime.getRuntime().halt(0); // Open producers and transactions are left as a crash leaves them.
  }

  static byte[] bytes(JsonNode base64) {
    return base64 == null || base64.isNull() ? null : Base64.getDecoder().decode(base64.textValue());
  }

  static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
