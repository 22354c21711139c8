import { type PolicyDocument, policyDocument } from './document.ts';

export interface DeadLetterQueueAccess {
  queueArn: string;
  /** EventBridge rules whose undelivered events go here. Scheduler sends with its role instead: see scheduler.ts. */
  ruleArns?: readonly string[];
}

/** Of a dead-letter queue: TLS only, and rules of EventBridge by name. */
export function deadLetterQueuePolicy({ queueArn, ruleArns = [] }: DeadLetterQueueAccess): PolicyDocument {
  return policyDocument([
    {
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: ['sqs:*'],
      Resource: [queueArn],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    ...(ruleArns.length === 0
      ? []
      : [
          {
            Sid: 'EventBridgeRules',
            Effect: 'Allow' as const,
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['sqs:SendMessage'],
            Resource: [queueArn],
            Condition: { ArnEquals: { 'aws:SourceArn': [...ruleArns].sort() } },
          },
        ]),
  ]);
}
