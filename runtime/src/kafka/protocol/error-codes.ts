import { type ErrorKind, MskBackupError } from '../../errors.ts';

/**
 * Error codes of the protocol (https://kafka.apache.org/protocol#protocol_error_codes), as far as the requests in this
 * folder can be answered with them.
 */
export interface KafkaError {
  code: number;
  /** Kafka's name, such as `NOT_LEADER_OR_FOLLOWER`. */
  name: string;
  /** The same request may succeed a little later, perhaps sent to another broker. */
  retriable: boolean;
  /** What the person who runs this can do. */
  advice: string;
  /** Kind of a `MskBackupError` that comes of it. */
  kind: ErrorKind;
}

const AGAIN = 'the cluster is busy electing or loading; run again when it has settled';
const ALLOW = 'grant it to the principal that this program connects as';
const CLIENT_BUG = 'this is not expected from this program: please report it';

const retriable = (name: string, advice = AGAIN): Omit<KafkaError, 'code'> => ({
  name,
  advice,
  retriable: true,
  kind: 'connection',
});
const final = (name: string, advice: string, kind: ErrorKind = 'configuration'): Omit<KafkaError, 'code'> => ({
  name,
  advice,
  retriable: false,
  kind,
});

const TABLE: Record<number, Omit<KafkaError, 'code'>> = {
  [-1]: final('UNKNOWN_SERVER_ERROR', "see the broker's log for the cause", 'connection'),
  0: final('NONE', ''),
  1: final('OFFSET_OUT_OF_RANGE', 'retention or truncation has removed that offset', 'data'),
  2: final('CORRUPT_MESSAGE', 'the broker found a batch whose checksum or format is wrong', 'data'),
  3: retriable('UNKNOWN_TOPIC_OR_PARTITION', 'create it, correct the name, or grant Describe on it'),
  4: final('INVALID_FETCH_SIZE', CLIENT_BUG),
  5: retriable('LEADER_NOT_AVAILABLE', "bring one of its replicas' brokers back and run again"),
  6: retriable('NOT_LEADER_OR_FOLLOWER'),
  7: retriable(
    'REQUEST_TIMED_OUT',
    'replicas did not confirm in time: check the in-sync replicas, or raise the timeout',
  ),
  8: retriable('BROKER_NOT_AVAILABLE'),
  9: retriable('REPLICA_NOT_AVAILABLE'),
  10: final('MESSAGE_TOO_LARGE', "raise the topic's max.message.bytes"),
  12: final('OFFSET_METADATA_TOO_LARGE', "raise the broker's offset.metadata.max.bytes"),
  13: retriable('NETWORK_EXCEPTION', 'check that the broker runs and can be reached'),
  14: retriable('COORDINATOR_LOAD_IN_PROGRESS'),
  15: retriable('COORDINATOR_NOT_AVAILABLE'),
  16: retriable('NOT_COORDINATOR'),
  17: final('INVALID_TOPIC_EXCEPTION', 'topic names have at most 249 characters of a-z A-Z 0-9 . _ -'),
  18: final('RECORD_LIST_TOO_LARGE', "raise the topic's segment.bytes"),
  19: retriable('NOT_ENOUGH_REPLICAS', 'bring replicas back in sync, or lower min.insync.replicas'),
  20: retriable('NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'bring replicas back in sync, or lower min.insync.replicas'),
  21: final('INVALID_REQUIRED_ACKS', CLIENT_BUG),
  22: final('ILLEGAL_GENERATION', 'the group has members: stop its consumers first'),
  24: final('INVALID_GROUP_ID', 'correct the group id'),
  25: final('UNKNOWN_MEMBER_ID', 'the group has members: stop its consumers first'),
  27: final('REBALANCE_IN_PROGRESS', 'the group has members: stop its consumers first'),
  28: final('INVALID_COMMIT_OFFSET_SIZE', CLIENT_BUG),
  29: final('TOPIC_AUTHORIZATION_FAILED', ALLOW),
  30: final('GROUP_AUTHORIZATION_FAILED', ALLOW),
  31: final('CLUSTER_AUTHORIZATION_FAILED', ALLOW),
  32: final('INVALID_TIMESTAMP', 'see message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic'),
  33: final('UNSUPPORTED_SASL_MECHANISM', 'choose a mechanism that the listener offers'),
  34: final('ILLEGAL_SASL_STATE', 'the listener on this port does not expect SASL: correct security or the port'),
  35: final('UNSUPPORTED_VERSION', 'the broker is too old or too new for this program'),
  36: final('TOPIC_ALREADY_EXISTS', 'delete it, or restore under another name'),
  37: final('INVALID_PARTITIONS', 'correct the partition count'),
  38: final('INVALID_REPLICATION_FACTOR', 'ask for no more replicas than the cluster has brokers'),
  39: final('INVALID_REPLICA_ASSIGNMENT', CLIENT_BUG),
  40: final('INVALID_CONFIG', 'leave the entry out, or set it to what this cluster allows'),
  41: retriable('NOT_CONTROLLER'),
  42: final('INVALID_REQUEST', CLIENT_BUG),
  43: final('UNSUPPORTED_FOR_MESSAGE_FORMAT', 'the topic keeps records in a format older than Kafka 0.11'),
  44: final('POLICY_VIOLATION', "the cluster's own policy refuses it"),
  45: final(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'an earlier batch of this producer is missing: start the restore again',
    'data',
  ),
  46: final('DUPLICATE_SEQUENCE_NUMBER', 'the batch has been written already', 'data'),
  47: final('INVALID_PRODUCER_EPOCH', 'a newer producer has taken over: is a second restore running?'),
  48: final('INVALID_TXN_STATE', CLIENT_BUG),
  49: final('INVALID_PRODUCER_ID_MAPPING', 'the transactional id has expired: start again'),
  50: final('INVALID_TRANSACTION_TIMEOUT', "stay below the broker's transaction.max.timeout.ms"),
  51: retriable('CONCURRENT_TRANSACTIONS'),
  52: final('TRANSACTION_COORDINATOR_FENCED', AGAIN, 'connection'),
  53: final('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', ALLOW),
  54: final('SECURITY_DISABLED', 'the cluster has no authorizer'),
  55: final('OPERATION_NOT_ATTEMPTED', 'another part of the same request failed', 'connection'),
  56: retriable('KAFKA_STORAGE_ERROR', "a disk of the broker has failed: see the broker's log"),
  57: final('LOG_DIR_NOT_FOUND', CLIENT_BUG),
  58: final('SASL_AUTHENTICATION_FAILED', 'correct user name and password', 'connection'),
  59: final('UNKNOWN_PRODUCER_ID', 'the broker has forgotten this producer: start the restore again', 'data'),
  68: final('NON_EMPTY_GROUP', 'the group has members: stop its consumers first'),
  69: final('GROUP_ID_NOT_FOUND', 'correct the group id'),
  70: retriable('FETCH_SESSION_ID_NOT_FOUND'),
  71: retriable('INVALID_FETCH_SESSION_EPOCH'),
  72: retriable('LISTENER_NOT_FOUND', 'the leader has no listener of this name: correct its advertised.listeners'),
  73: final('TOPIC_DELETION_DISABLED', "set the broker's delete.topic.enable"),
  74: retriable('FENCED_LEADER_EPOCH'),
  75: retriable('UNKNOWN_LEADER_EPOCH'),
  76: final('UNSUPPORTED_COMPRESSION_TYPE', 'the broker does not know the codec of the batch'),
  78: retriable('OFFSET_NOT_AVAILABLE'),
  80: retriable('PREFERRED_LEADER_NOT_AVAILABLE'),
  82: final('FENCED_INSTANCE_ID', 'the group has members: stop its consumers first'),
  86: final('GROUP_SUBSCRIBED_TO_TOPIC', 'the group has members: stop its consumers first'),
  87: final('INVALID_RECORD', 'the broker refuses the record: a compacted topic takes none without a key', 'data'),
  88: retriable('UNSTABLE_OFFSET_COMMIT', 'a transaction with offsets of this group has not ended'),
  89: retriable(
    'THROTTLING_QUOTA_EXCEEDED',
    'the cluster limits how fast topics may be created or deleted: run again later',
  ),
  90: final('PRODUCER_FENCED', 'a newer producer has taken over: is a second restore running?'),
  99: final('POSITION_OUT_OF_RANGE', CLIENT_BUG),
  100: retriable('UNKNOWN_TOPIC_ID', 'the topic was deleted, perhaps to be created again'),
  103: retriable('INCONSISTENT_TOPIC_ID', 'the topic was deleted and created again'),
  105: final('TRANSACTIONAL_ID_NOT_FOUND', 'the transactional id has expired: start again'),
  106: retriable('FETCH_SESSION_TOPIC_ID_ERROR'),
  110: final('FENCED_MEMBER_EPOCH', 'the group has members: stop its consumers first'),
  111: final('UNRELEASED_INSTANCE_ID', 'the group has members: stop its consumers first'),
  112: final('UNSUPPORTED_ASSIGNOR', CLIENT_BUG),
  113: final('STALE_MEMBER_EPOCH', 'the group has members: stop its consumers first'),
  120: final('TRANSACTION_ABORTABLE', 'abort the transaction and start it again'),
  129: retriable('REBOOTSTRAP_REQUIRED', 'the cluster of these bootstrap servers has been replaced'),
};

const RETRIABLE_NAMES = new Set(
  Object.values(TABLE)
    .filter((error) => error.retriable)
    .map(({ name }) => name),
);

/** Explains an error code; a code that is not in the table is told by its number and counts as final. */
export function kafkaError(code: number): KafkaError {
  const known = TABLE[code] ?? final(`KAFKA_ERROR_${code}`, 'see the error codes of the Kafka protocol', 'connection');
  return { code, ...known };
}

/** True when a `MskBackupError` carries the name of a retriable protocol error. */
export function isRetriableName(name: string): boolean {
  return RETRIABLE_NAMES.has(name);
}

/**
 * The error to throw for an error code.
 * @param what what could not be done, with topic or group: "cannot describe topic orders"
 * @param brokerMessage the broker's own words, where the answer has some
 * @param needed the permission, as Kafka and as IAM name it, for the case that it lacks
 */
export function protocolError(
  code: number,
  what: string,
  brokerMessage?: string | null,
  needed?: string,
): MskBackupError {
  const { name, kind, ...error } = kafkaError(code);
  const advice = error.advice === ALLOW && needed !== undefined ? ALLOW.replace('it', needed) : error.advice;
  const reason = brokerMessage == null || brokerMessage === '' ? name : `${name} (${brokerMessage.trimEnd()})`;
  return new MskBackupError(kind, name, `${what}: ${reason}; ${advice}`);
}
