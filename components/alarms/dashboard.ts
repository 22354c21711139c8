export interface DashboardFacts {
  /** Of the task, and of the backup's metrics. */
  region: string;
  /** Value of the metrics' dimension `Archive`. */
  metricArchive: string;
  alarmArns: readonly string[];
  replication?: { region: string; sourceBucketName: string; replicaBucketName: string; ruleId: string };
  drill?: { region: string; metricArchive: string };
}

type Metric = (string | Record<string, string | number | boolean>)[];

interface Graph {
  title: string;
  region: string;
  /** Left to right, from CloudWatch's own array form: namespace, name, dimension, value…, options. */
  metrics: Metric[];
  label: string;
}

const WIDTH = 24;
const HEIGHT = 6;

/**
 * Body of a CloudWatch dashboard (CloudWatch API reference, "Dashboard body structure and syntax"): a row of alarms, then graphs,
 * three in a row. Gauges are read by their maximum, since a log line may be counted twice.
 */
export function dashboardBody(facts: DashboardFacts): object {
  const graphs = graphsOf(facts);
  return {
    widgets: [
      {
        type: 'alarm',
        x: 0,
        y: 0,
        width: WIDTH,
        height: 3,
        properties: { title: 'Alarms', alarms: [...facts.alarmArns] },
      },
      ...graphs.map(({ title, region, metrics, label }, i) => ({
        type: 'metric',
        x: (i % 3) * (WIDTH / 3),
        y: 3 + Math.floor(i / 3) * HEIGHT,
        width: WIDTH / 3,
        height: HEIGHT,
        properties: {
          title,
          region,
          view: 'timeSeries',
          stacked: false,
          stat: 'Maximum',
          period: 300,
          metrics,
          yAxis: { left: { min: 0, label, showUnits: false } },
        },
      })),
    ],
  };
}

function graphsOf({ region, metricArchive, replication, drill }: DashboardFacts): Graph[] {
  const backup = (name: string, label: string): Metric => ['KafkaBackup', name, 'Archive', metricArchive, { label }];
  const graphs: Graph[] = [
    { title: 'Runs that succeeded', region, label: '1 or 0', metrics: [backup('BackupSucceeded', 'succeeded')] },
    {
      title: 'Behind the cluster',
      region,
      label: 'seconds',
      metrics: [backup('BackupLagSeconds', 'lag'), backup('BackupAgeSeconds', 'age of the newest snapshot')],
    },
    {
      title: 'Records behind',
      region,
      label: 'records',
      metrics: [backup('BackupLagRecords', 'lag'), backup('OpenTransactionLagRecords', 'behind open transactions')],
    },
    { title: 'Duration', region, label: 'seconds', metrics: [backup('BackupDurationSeconds', 'a run')] },
    { title: 'Records of a run', region, label: 'records', metrics: [backup('RecordsBackedUp', 'records')] },
    {
      title: 'Sizes',
      region,
      label: 'bytes',
      metrics: [backup('BackupSizeBytes', 'a run'), backup('StoredBytes', 'the archive')],
    },
    { title: 'Partitions behind', region, label: 'partitions', metrics: [backup('PartitionsBehind', 'partitions')] },
  ];
  if (replication !== undefined) graphs.push(...replicationGraphs(region, replication));
  if (drill !== undefined) {
    const of = (name: string, label: string): Metric => [
      'KafkaBackup',
      name,
      'Archive',
      drill.metricArchive,
      { label },
    ];
    graphs.push(
      {
        title: 'Drills that succeeded',
        region: drill.region,
        label: '1 or 0',
        metrics: [of('DrillSucceeded', 'succeeded')],
      },
      {
        title: 'Drills',
        region: drill.region,
        label: 'seconds',
        metrics: [of('DrillDurationSeconds', 'duration'), of('DrillDataAgeSeconds', 'data lost if it were real')],
      },
    );
  }
  return graphs;
}

function replicationGraphs(sourceRegion: string, replication: NonNullable<DashboardFacts['replication']>): Graph[] {
  const { region, sourceBucketName, replicaBucketName, ruleId } = replication;
  const of = (name: string, options: Record<string, string>): Metric => [
    'AWS/S3',
    name,
    'SourceBucket',
    sourceBucketName,
    'DestinationBucket',
    replicaBucketName,
    'RuleId',
    ruleId,
    options,
  ];
  return [
    { title: 'Replica behind', region, label: 'seconds', metrics: [of('ReplicationLatency', { label: 'latency' })] },
    {
      title: 'Waiting for replication',
      region,
      label: 'objects',
      metrics: [of('OperationsPendingReplication', { label: 'objects' })],
    },
    {
      title: 'Bytes waiting for replication',
      region,
      label: 'bytes',
      metrics: [of('BytesPendingReplication', { label: 'bytes' })],
    },
    {
      title: 'Replication that failed',
      region: sourceRegion,
      label: 'objects',
      metrics: [of('OperationsFailedReplication', { label: 'objects', stat: 'Sum' })],
    },
  ];
}
