import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of consumer groups. Their heartbeats go on by themselves between the commands. */
final class Consumers {
  private final String servers;
  private final Map<String, KafkaConsumer<byte[], byte[]>> open = new HashMap<>();

  Consumers(String servers) {
    this.servers = servers;
  }

  Object run(String op, JsonNode command) throws Exception {
    String name = command.get("consumer").asText();
    return switch (op) {
      case "join" -> join(name, command);
      case "take" -> take(open.get(name), command);
      case "commitTaken" -> commit(open.get(name));
      case "leave" -> leave(name);
      default -> throw new IllegalArgumentException("no such command: " + op);
    };
  }

  /** Answered when the member has partitions. It has read nothing then. */
  private Object join(String name, JsonNode command) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("group.id", command.get("group").asText());
    properties.put("client.id", name);
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    properties.put("enable.auto.commit", "false");
    command.get("config").fields().forEachRemaining(entry -> properties.put(entry.getKey(), entry.getValue().asText()));
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes);
    open.put(name, consumer);
    consumer.subscribe(List.of(command.get("topic").asText()));
    long limit = System.currentTimeMillis() + 60_000;
    while (consumer.assignment().isEmpty()) {
      if (System.currentTimeMillis() > limit) throw new IllegalStateException(name + " gets no partitions");
      // What a poll brings along is read again: the position goes back to where it was.
      for (ConsumerRecord<byte[], byte[]> record : firstOfEach(consumer.poll(Duration.ofMillis(100))))
        consumer.seek(new TopicPartition(record.topic(), record.partition()), record.offset());
    }
    return consumer.assignment().size();
  }

  private static List<ConsumerRecord<byte[], byte[]>> firstOfEach(
      ConsumerRecords<byte[], byte[]> records) {
    return records.partitions().stream().map(partition -> records.records(partition).get(0)).toList();
  }

  /** [partition, offset, value] of the next records: `count` of them, or those that come until `timeoutMs` is over. */
  private static Object take(KafkaConsumer<byte[], byte[]> consumer, JsonNode command) {
    int count = command.get("count").asInt();
    long limit = System.currentTimeMillis() + command.get("timeoutMs").asLong();
    List<Object[]> taken = new ArrayList<>();
    while (taken.size() < count && System.currentTimeMillis() < limit) {
      var records = consumer.poll(Duration.ofMillis(100));
      for (var partition : records.partitions()) {
        for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
          if (taken.size() == count) {
            consumer.seek(partition, record.offset());
            break;
          }
          taken.add(new Object[] {record.partition(), record.offset(), Scenario.base64(record.value())});
        }
      }
    }
    return taken;
  }

  /** Commits up to the last record taken. */
  private static Object commit(KafkaConsumer<byte[], byte[]> consumer) {
    consumer.commitSync();
    return null;
  }

  private Object leave(String name) {
    open.remove(name).close();
    return null;
  }
}
