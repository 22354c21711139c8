/** Queues and topics. */

import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import { type Properties, same, tagList } from '../values.ts';

/** Arguments of a queue and the attributes that they are. */
const queueAttributes: Record<string, string> = {
  contentBasedDeduplication: 'ContentBasedDeduplication',
  delaySeconds: 'DelaySeconds',
  fifoQueue: 'FifoQueue',
  kmsDataKeyReusePeriodSeconds: 'KmsDataKeyReusePeriodSeconds',
  kmsMasterKeyId: 'KmsMasterKeyId',
  maxMessageSize: 'MaximumMessageSize',
  messageRetentionSeconds: 'MessageRetentionPeriod',
  policy: 'Policy',
  receiveWaitTimeSeconds: 'ReceiveMessageWaitTimeSeconds',
  redrivePolicy: 'RedrivePolicy',
  sqsManagedSseEnabled: 'SqsManagedSseEnabled',
  visibilityTimeoutSeconds: 'VisibilityTimeout',
};

function attributesOf(inputs: Properties, names: Record<string, string>): Record<string, string> {
  const given = Object.entries(names).filter(([property]) => inputs[property] !== undefined);
  return Object.fromEntries(given.map(([property, attribute]) => [attribute, String(inputs[property])]));
}

/** The arguments that attributes mean, each of its argument's type. */
function propertiesOf(attributes: Record<string, string>, inputs: Properties, names: Record<string, string>) {
  const seen: Properties = {};
  for (const [property, attribute] of Object.entries(names)) {
    const value = attributes[attribute];
    if (value === undefined) continue;
    const type = typeof inputs[property];
    seen[property] = type === 'number' ? Number(value) : type === 'boolean' ? value === 'true' : value;
  }
  return drifted(inputs, seen, (a, b) => !same(a, b));
}

const queue: Kind = {
  named: { property: 'name', length: 80, suffix: ({ fifoQueue }) => (fifoQueue ? '.fifo' : '') },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sqs_queue
  replaces: ['name', 'namePrefix', 'fifoQueue'],
  async create(inputs, at) {
    const Attributes = attributesOf(inputs, queueAttributes);
    const call = new CreateQueueCommand({ QueueName: inputs.name, Attributes, tags: inputs.tags });
    return (await at.client(SQSClient).send(call)).QueueUrl!;
  },
  async read(QueueUrl, inputs, at) {
    const call = at.client(SQSClient).send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const Attributes = (await unlessMissing(call))?.Attributes;
    if (!Attributes) return undefined;
    // What the API answers is the emulator's address; AWS's own form is what policies and programs expect.
    const outputs = { arn: Attributes.QueueArn, url: QueueUrl, name: QueueUrl.split('/').at(-1) };
    return { inputs: propertiesOf(Attributes, inputs, queueAttributes), outputs };
  },
  async update(QueueUrl, inputs, at) {
    const { FifoQueue: _, ...Attributes } = attributesOf(inputs, queueAttributes);
    await at.client(SQSClient).send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  },
  async remove(QueueUrl, _inputs, at) {
    await at.client(SQSClient).send(new DeleteQueueCommand({ QueueUrl }));
  },
};

/** A document of a queue as a resource of its own. */
function queueDocument(property: string, attribute: QueueAttributeName): Kind {
  const put = async (inputs: Properties, value: string, at: Parameters<Kind['create']>[1]) => {
    const call = new SetQueueAttributesCommand({ QueueUrl: inputs.queueUrl, Attributes: { [attribute]: value } });
    await at.client(SQSClient).send(call);
  };
  return {
    // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sqs_queue_policy
    replaces: ['queueUrl'],
    async create(inputs, at) {
      await put(inputs, inputs[property], at);
      return inputs.queueUrl;
    },
    async read(QueueUrl, inputs, at) {
      const call = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [attribute] });
      const seen = (await unlessMissing(at.client(SQSClient).send(call)))?.Attributes?.[attribute];
      return seen ? { inputs: drifted(inputs, { [property]: seen }, (a, b) => !same(a, b)) } : undefined;
    },
    async update(_id, inputs, at) {
      await put(inputs, inputs[property], at);
    },
    async remove(_id, inputs, at) {
      await put(inputs, '', at);
    },
  };
}

const topicAttributes: Record<string, string> = {
  displayName: 'DisplayName',
  kmsMasterKeyId: 'KmsMasterKeyId',
  policy: 'Policy',
  signatureVersion: 'SignatureVersion',
};

const topic: Kind = {
  named: { property: 'name', length: 256, suffix: ({ fifoTopic }) => (fifoTopic ? '.fifo' : '') },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sns_topic
  replaces: ['name', 'namePrefix', 'fifoTopic'],
  async create(inputs, at) {
    const Attributes = attributesOf(inputs, topicAttributes);
    const call = new CreateTopicCommand({ Name: inputs.name, Attributes, Tags: tagList(inputs.tags) });
    return (await at.client(SNSClient).send(call)).TopicArn!;
  },
  async read(TopicArn, inputs, at) {
    const call = at.client(SNSClient).send(new GetTopicAttributesCommand({ TopicArn }));
    const Attributes = (await unlessMissing(call))?.Attributes;
    if (!Attributes) return undefined;
    const outputs = { arn: TopicArn, name: TopicArn.split(':').at(-1), owner: Attributes.Owner };
    return { inputs: propertiesOf(Attributes, inputs, topicAttributes), outputs };
  },
  async update(TopicArn, inputs, at) {
    for (const [AttributeName, AttributeValue] of Object.entries(attributesOf(inputs, topicAttributes)))
      await at.client(SNSClient).send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));
  },
  async remove(TopicArn, _inputs, at) {
    await at.client(SNSClient).send(new DeleteTopicCommand({ TopicArn }));
  },
};

const topicPolicy: Kind = {
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sns_topic_policy
  replaces: ['arn'],
  async create(inputs, at) {
    await topicPolicy.update(inputs.arn, inputs, at, {});
    return inputs.arn;
  },
  async read(TopicArn, inputs, at) {
    const call = at.client(SNSClient).send(new GetTopicAttributesCommand({ TopicArn }));
    const seen = (await unlessMissing(call))?.Attributes?.Policy;
    return seen ? { inputs: drifted(inputs, { policy: seen }, (a, b) => !same(a, b)) } : undefined;
  },
  async update(TopicArn, { policy }, at) {
    const call = new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue: policy });
    await at.client(SNSClient).send(call);
  },
  async remove() {}, // The topic goes next. A topic always has a policy.
};

const subscription: Kind = {
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sns_topic_subscription
  replaces: ['topic', 'protocol', 'endpoint'],
  async create({ topic, protocol, endpoint }, at) {
    const call = new SubscribeCommand({
      TopicArn: topic,
      Protocol: protocol,
      Endpoint: endpoint,
      ReturnSubscriptionArn: true,
    });
    return (await at.client(SNSClient).send(call)).SubscriptionArn!;
  },
  async read(SubscriptionArn, _inputs, at) {
    const call = at.client(SNSClient).send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    return (await unlessMissing(call)) && { outputs: { arn: SubscriptionArn } };
  },
  async update() {},
  async remove(SubscriptionArn, _inputs, at) {
    await at.client(SNSClient).send(new UnsubscribeCommand({ SubscriptionArn }));
  },
};

export const messages: Record<string, Kind> = {
  'aws:sqs/queue:Queue': queue,
  'aws:sqs/queuePolicy:QueuePolicy': queueDocument('policy', 'Policy'),
  'aws:sqs/redrivePolicy:RedrivePolicy': queueDocument('redrivePolicy', 'RedrivePolicy'),
  'aws:sns/topic:Topic': topic,
  'aws:sns/topicPolicy:TopicPolicy': topicPolicy,
  'aws:sns/topicSubscription:TopicSubscription': subscription,
};
