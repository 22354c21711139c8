import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Producers by name; each command names the producer it is for. */
final class Producers {
  private final String servers;
  private final Map<String, KafkaProducer<byte[], byte[]>> open = new HashMap<>();

  private final Map<String, String> transactionalIds = new HashMap<>();
  private final Admin admin;

  Producers(String servers, Admin admin) {
    this.servers = servers;
    this.admin = admin;
  }

  Object run(String op, JsonNode command) throws Exception {
    String name = command.get("producer").asText();
    if (op.equals("open")) {
      open.put(name, create(command.get("config")));
      if (command.get("config").has("transactional.id"))
        transactionalIds.put(name, command.get("config").get("transactional.id").asText());
      return null;
    }
    KafkaProducer<byte[], byte[]> producer = open.get(name);
    switch (op) {
      case "send":
        return send(producer, command);
      case "begin":
        producer.beginTransaction();
        return null;
      case "commit":
        producer.commitTransaction();
        awaitMarkers(transactionalIds.get(name));
        return null;
      case "abort":
        producer.abortTransaction();
        awaitMarkers(transactionalIds.get(name));
        return null;
      case "close":
        open.remove(name).close();
        return null;
      default: // abandon: no time to end a transaction that is open.
        open.remove(name).close(Duration.ZERO);
        return null;
    }
  }

  /** The broker answers the end of a transaction before its markers are in the partitions. */
  private void awaitMarkers(String id) throws Exception {
    for (int attempt = 0; attempt < 3000; attempt++) {
      TransactionState state = admin.describeTransactions(List.of(id)).description(id).get().state();
      if (state != TransactionState.PREPARE_COMMIT && state != TransactionState.PREPARE_ABORT) return;
      Thread.sleep(10);
    }
    throw new IllegalStateException("the markers of " + id + " are not written");
  }

  private KafkaProducer<byte[], byte[]> create(JsonNode config) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("linger.ms", "10000"); // send() flushes: its records share batches, whatever time they take.
    properties.put("delivery.timeout.ms", "120000");
    // With more, the producer hangs now and then on a topic that was just made: one batch is refused, and all wait for it.
    properties.put("max.in.flight.requests.per.connection", "1");
    config.fields().forEachRemaining(entry -> properties.put(entry.getKey(), entry.getValue().asText()));
    ByteArraySerializer serializer = new ByteArraySerializer();
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties, serializer, serializer);
    if (properties.containsKey("transactional.id")) producer.initTransactions();
    return producer;
  }

  /** Sends all records, flushes, and answers [partition, offset] of each. */
  private static List<long[]> send(KafkaProducer<byte[], byte[]> producer, JsonNode command) throws Exception {
    String topic = command.get("topic").asText();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode record : command.get("records")) sent.add(producer.send(record(topic, record)));
    producer.flush();
    List<long[]> answer = new ArrayList<>();
    for (Future<RecordMetadata> future : sent) {
      RecordMetadata metadata = future.get();
      answer.add(new long[] {metadata.partition(), metadata.offset()});
    }
    return answer;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode json) {
    Integer partition = json.has("partition") ? json.get("partition").asInt() : null;
    Long timestamp = json.has("timestamp") ? json.get("timestamp").asLong() : null;
    byte[] key = Scenario.bytes(json.get("key"));
    byte[] value = Scenario.bytes(json.get("value"));
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, timestamp, key, value);
    if (json.has("headers"))
      for (JsonNode header : json.get("headers"))
        record.headers().add(header.get(0).asText(), Scenario.bytes(header.get(1)));
    return record;
  }
}
