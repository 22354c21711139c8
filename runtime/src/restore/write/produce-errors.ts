import { MskBackupError } from '../../errors.ts';
import { kafkaError } from '../../kafka/protocol/error-codes.ts';
import type { ProducedPartition } from '../../kafka/protocol/produce.ts';
import { type Entry, type PartitionWriter, sourceOf } from './partition-writer.ts';

/** What to do about the answer to one batch. */
export type Verdict =
  | { kind: 'accepted' /** Undefined: the broker had the batch already and does not say where. */; baseOffset?: number }
  | { kind: 'again'; reason: string }
  | { kind: 'fatal'; error: MskBackupError };

const UNKNOWN_SERVER_ERROR = -1;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const DUPLICATE_SEQUENCE_NUMBER = 46;

/** What the user of a restore can do, where that is more than the protocol's own advice. */
const ADVICE: Record<string, string> = {
  MESSAGE_TOO_LARGE:
    'it cannot be split further: raise max.message.bytes of the topic (restore.topic_config_overrides) and restore again',
  TOPIC_AUTHORIZATION_FAILED: 'grant Write on the topic (kafka-cluster:WriteData) to the principal of the target',
  CLUSTER_AUTHORIZATION_FAILED:
    'grant IdempotentWrite on the cluster (kafka-cluster:WriteDataIdempotently) to the principal of the target',
  INVALID_RECORD:
    'the topic is compacted and the batch holds a record without a key: let the restore change cleanup.policy while it writes (AlterConfigs on the topic), or restore into a topic that is not compacted',
  INVALID_TIMESTAMP:
    'the topic limits the age of timestamps: let the restore change message.timestamp.before.max.ms and message.timestamp.after.max.ms while it writes (AlterConfigs on the topic)',
  OUT_OF_ORDER_SEQUENCE_NUMBER:
    'the leader has lost records that it had acknowledged (unclean leader election?): delete the topic and restore again',
  UNKNOWN_PRODUCER_ID: 'the leader has forgotten this producer: delete the topic and restore again',
};

/** Judges a broker's answer to a batch. */
export function judgeAnswer(writer: PartitionWriter, entry: Entry, answer: ProducedPartition | undefined): Verdict {
  if (answer === undefined) return { kind: 'again', reason: 'the broker did not answer for this partition' };
  const { errorCode } = answer;
  // A broker that has the batch already answers with the time of its append, whatever the topic's timestamps are.
  if (errorCode === 0 && answer.logAppendTime >= 0 && entry.sends === 1) {
    return { kind: 'fatal', error: timestampsReplaced(writer, entry) };
  }
  if (errorCode === 0) return { kind: 'accepted', baseOffset: answer.baseOffset };
  if (errorCode === DUPLICATE_SEQUENCE_NUMBER) {
    return { kind: 'accepted', baseOffset: answer.baseOffset >= 0 ? answer.baseOffset : undefined };
  }
  const { name, retriable, kind, advice } = kafkaError(errorCode);
  const reason = answer.errorMessage ? `${name} (${answer.errorMessage})` : name;
  if (retriable || errorCode === UNKNOWN_SERVER_ERROR) return { kind: 'again', reason };
  if (errorCode === OUT_OF_ORDER_SEQUENCE_NUMBER && !provesLoss(writer, entry)) return { kind: 'again', reason };
  return {
    kind: 'fatal',
    error: new MskBackupError(
      kind,
      name,
      `topic ${writer.topic}, partition ${writer.partition}: the target refuses the records of ${sourceOf(entry.batch)}: ${reason}; ${ADVICE[name] ?? advice}`,
    ),
  };
}

/** The batch was alone in flight and every earlier one is acknowledged: nothing of ours is missing before it. */
function provesLoss(writer: PartitionWriter, entry: Entry): boolean {
  return writer.isFirst(entry) && writer.outstanding === 1 && !writer.recovering;
}

function timestampsReplaced(writer: PartitionWriter, entry: Entry): MskBackupError {
  return new MskBackupError(
    'data',
    'TIMESTAMPS_REPLACED',
    `topic ${writer.topic}, partition ${writer.partition}: the target put its own append time on the records of ${sourceOf(entry.batch)}: somebody has set message.timestamp.type to LogAppendTime during the restore; delete the topic and restore again`,
  );
}
