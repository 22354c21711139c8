/** IAM's policy language, as far as it is used here. Key order in a document is fixed, so that deployments show no false changes. */
export type Condition = Record<string, Record<string, string | string[]>>;

export interface Statement {
  /** Letters and digits only; unique in a document. */
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  /** In resource and trust policies only. */
  Principal?: '*' | { Service: string } | { AWS: string | string[] };
  Action: string[];
  /** Not in trust policies. */
  Resource?: string[];
  Condition?: Condition;
}

export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: Statement[];
}

export function policyDocument(statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: [...statements] };
}

/** An identity policy's statement. */
export function allow(Sid: string, Action: string[], Resource: string[], Condition?: Condition): Statement {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition !== undefined && { Condition }) };
}

export function deny(Sid: string, Action: string[], Resource: string[], Condition?: Condition): Statement {
  return { ...allow(Sid, Action, Resource, Condition), Effect: 'Deny' };
}
