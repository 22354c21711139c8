import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a topic from its log start to the end that it has when the reading begins (read_committed: last stable offset). */
final class Reading {
  private final String servers;

  Reading(String servers) {
    this.servers = servers;
  }

  Object run(JsonNode command, Writer out) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("isolation.level", command.get("isolation").asText());
    properties.put("auto.offset.reset", "none");
    properties.put("enable.auto.commit", "false");
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    long count = 0;
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
      String topic = command.get("topic").asText();
      List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
          .map(info -> new TopicPartition(topic, info.partition())).toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long limit = System.currentTimeMillis() + command.get("timeoutMs").asLong();
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        if (System.currentTimeMillis() > limit) throw new IllegalStateException("the end of " + topic + " is not reached");
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          if (record.offset() >= ends.get(new TopicPartition(topic, record.partition()))) continue;
          write(record, out);
          count++;
        }
      }
    }
    return count;
  }

  private static void write(ConsumerRecord<byte[], byte[]> record, Writer out) throws Exception {
    JsonGenerator json = Scenario.JSON.getFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    json.writeStartObject();
    json.writeObjectFieldStart("record");
    json.writeNumberField("partition", record.partition());
    json.writeNumberField("offset", record.offset());
    json.writeNumberField("timestamp", record.timestamp());
    json.writeStringField("timestampType", record.timestampType().toString());
    json.writeStringField("key", Scenario.base64(record.key()));
    json.writeStringField("value", Scenario.base64(record.value()));
    json.writeArrayFieldStart("headers");
    for (Header header : record.headers()) {
      json.writeStartArray();
      json.writeString(header.key());
      json.writeString(Scenario.base64(header.value()));
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
    json.close();
    out.write('\n');
  }
}
