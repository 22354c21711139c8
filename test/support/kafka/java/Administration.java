import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Topics, their settings and offsets, and consumer groups, by Kafka's own Admin client. */
final class Administration {
  private final Admin admin;

  Administration(Admin admin) {
    this.admin = admin;
  }

  Object run(String op, JsonNode command) throws Exception {
    return switch (op) {
      case "createTopic" -> createTopic(command);
      case "deleteTopic" -> admin.deleteTopics(List.of(topic(command))).all().get();
      case "describeTopic" -> describeTopic(topic(command));
      case "alterTopic" -> alterTopic(command);
      case "deleteRecords" -> deleteRecords(command);
      case "offsets" -> offsets(command);
      case "commitOffsets" -> commitOffsets(command);
      case "groupOffsets" -> groupOffsets(command.get("group").asText());
      default -> throw new IllegalArgumentException("no such command: " + op);
    };
  }

  private static String topic(JsonNode command) {
    return command.get("topic").asText();
  }

  private Object createTopic(JsonNode command) throws Exception {
    Map<String, String> config = new HashMap<>();
    command.get("config").fields().forEachRemaining(entry -> config.put(entry.getKey(), entry.getValue().asText()));
    Optional<Short> replicas = Optional.ofNullable(command.get("replicationFactor")).map(value -> (short) value.asInt());
    NewTopic topic = new NewTopic(topic(command), Optional.of(command.get("partitions").asInt()), replicas);
    admin.createTopics(List.of(topic.configs(config))).all().get();
    // The answer comes before every partition has a leader; a producer would wait as well.
    for (int attempt = 0; attempt < 100 && !isServed(topic(command)); attempt++) Thread.sleep(50);
    return null;
  }

  private boolean isServed(String topic) throws InterruptedException {
    try {
      return description(topic).partitions().stream().allMatch(each -> each.leader() != null && !each.leader().isEmpty());
    } catch (java.util.concurrent.ExecutionException notKnownYet) {
      return false;
    }
  }

  private TopicDescription description(String topic) throws java.util.concurrent.ExecutionException, InterruptedException {
    return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
  }

  private Object describeTopic(String topic) throws Exception {
    TopicDescription description = description(topic);
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Map<String, String> config = new TreeMap<>();
    for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).all().get().get(resource).entries())
      if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) config.put(entry.name(), entry.value());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("topicId", description.topicId().toString());
    answer.put("partitions", description.partitions().size());
    answer.put("replicationFactor", description.partitions().get(0).replicas().size());
    answer.put("leaders", description.partitions().stream().map(each -> each.leader() == null ? -1 : each.leader().id()).toList());
    answer.put("config", config);
    return answer;
  }

  /** A null value sets the default back. */
  private Object alterTopic(JsonNode command) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    command.get("config").fields().forEachRemaining(entry -> {
      boolean delete = entry.getValue().isNull();
      ConfigEntry setting = new ConfigEntry(entry.getKey(), delete ? "" : entry.getValue().asText());
      changes.add(new AlterConfigOp(setting, delete ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET));
    });
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic(command)), changes)).all().get();
    return null;
  }

  /** Moves the log start: {"before": {"0": 50}}. */
  private Object deleteRecords(JsonNode command) throws Exception {
    Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
    command.get("before").fields().forEachRemaining(entry -> {
      TopicPartition partition = new TopicPartition(topic(command), Integer.parseInt(entry.getKey()));
      before.put(partition, RecordsToDelete.beforeOffset(entry.getValue().asLong()));
    });
    admin.deleteRecords(before).all().get();
    return null;
  }

  /** [log start, end] of each partition; the end of read_committed is the last stable offset. */
  private Object offsets(JsonNode command) throws Exception {
    String topic = topic(command);
    boolean committed = command.get("isolation").asText().equals("read_committed");
    ListOffsetsOptions options =
        new ListOffsetsOptions(committed ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    int count = description(topic).partitions().size();
    for (int partition = 0; partition < count; partition++) {
      earliest.put(new TopicPartition(topic, partition), OffsetSpec.earliest());
      latest.put(new TopicPartition(topic, partition), OffsetSpec.latest());
    }
    var starts = admin.listOffsets(earliest, options).all().get();
    var ends = admin.listOffsets(latest, options).all().get();
    List<long[]> answer = new ArrayList<>();
    for (int partition = 0; partition < count; partition++) {
      TopicPartition key = new TopicPartition(topic, partition);
      answer.add(new long[] {starts.get(key).offset(), ends.get(key).offset()});
    }
    return answer;
  }

  private Object commitOffsets(JsonNode command) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (JsonNode each : command.get("offsets")) {
      TopicPartition partition = new TopicPartition(topic(each), each.get("partition").asInt());
      String metadata = each.has("metadata") ? each.get("metadata").asText() : "";
      offsets.put(partition, new OffsetAndMetadata(each.get("offset").asLong(), metadata));
    }
    admin.alterConsumerGroupOffsets(command.get("group").asText(), offsets).all().get();
    return null;
  }

  private Object groupOffsets(String group) throws Exception {
    List<Map<String, Object>> answer = new ArrayList<>();
    admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((partition, offset) -> {
      if (offset == null) return;
      answer.add(Map.of("topic", partition.topic(), "partition", partition.partition(), "offset", offset.offset(),
          "metadata", offset.metadata()));
    });
    return answer;
  }
}
