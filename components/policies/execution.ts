import { parseArn, viaService } from './arn.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';

export interface ExecutionAccess {
  /** ECR repository of the image; undefined for images from elsewhere. */
  repositoryArn?: string;
  /** With or without `:*` at the end. */
  logGroupArn: string;
  /** `valueFrom` of the container's secrets: ARNs of Secrets Manager, also with a JSON key and version, and of SSM parameters. */
  secretArns?: readonly string[];
  /** KMS keys of these secrets, where they are not AWS's own. */
  secretKeyArns?: readonly string[];
}

/** Of the role with which ECS starts the container: image, log, secrets. What the program itself may do is the task role's. */
export function executionPolicy(access: ExecutionAccess): PolicyDocument {
  const { repositoryArn, logGroupArn, secretArns = [], secretKeyArns = [] } = access;
  return policyDocument([
    ...(repositoryArn === undefined ? [] : pullImage(repositoryArn)),
    allow(
      'Log',
      [
        // The awslogs driver: a stream per task, and its lines. The group is there already
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      [`${logGroupArn.replace(/:\*$/, '')}:log-stream:*`],
    ),
    // ECS asks for several parameters at once, also for one.
    ...readSecrets('ssm:GetParameters', secretArns, secretKeyArns),
  ]);
}

function pullImage(repositoryArn: string): Statement[] {
  return [
    allow(
      'RegistryLogin',
      // Has no resource
      ['ecr:GetAuthorizationToken'],
      ['*'],
    ),
    allow(
      'ImagePull',
      [
        // The manifest
        'ecr:BatchGetImage',
        // The layers
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
      ],
      [repositoryArn],
    ),
  ];
}

/**
 * Also for a task role, where the program reads secrets by itself.
 * @param parameterAction with which parameters of SSM are read: by ECS all at once, by the program one by one
 */
export function readSecrets(
  parameterAction: 'ssm:GetParameters' | 'ssm:GetParameter',
  secretArns: readonly string[],
  keyArns: readonly string[] = [],
): Statement[] {
  const of = (service: string) => secretArns.filter((arn) => parseArn(arn).service === service);
  const other = secretArns.find((arn) => !['secretsmanager', 'ssm'].includes(parseArn(arn).service));
  if (other !== undefined) throw new Error(`${other} is neither a secret of Secrets Manager nor an SSM parameter`);
  const secrets = [...new Set(of('secretsmanager').map(secretResource))].sort();
  const parameters = [...new Set(of('ssm'))].sort();
  return [
    ...(secrets.length === 0 ? [] : [allow('SecretsRead', ['secretsmanager:GetSecretValue'], secrets)]),
    ...(parameters.length === 0 ? [] : [allow('ParametersRead', [parameterAction], parameters)]),
    ...(keyArns.length === 0
      ? []
      : [allow('SecretsDecrypt', ['kms:Decrypt'], [...keyArns].sort(), throughSecrets(keyArns))]),
  ];
}

function throughSecrets(keyArns: readonly string[]) {
  const services = keyArns.flatMap((arn) => [
    ...viaService('secretsmanager', parseArn(arn)),
    ...viaService('ssm', parseArn(arn)),
  ]);
  return { StringEquals: { 'kms:ViaService': [...new Set(services)].sort() } };
}

/**
 * `secret:NAME-SUFFIX:JSON-KEY:STAGE:VERSION` without what IAM does not see. The suffix of six characters is Secrets Manager's;
 * an ARN that lacks it still names the secret, and its policy matches any suffix (AWS Secrets Manager user guide).
 */
function secretResource(arn: string): string {
  const { partition, region, account, resource } = parseArn(arn);
  const name = resource.split(':')[1] ?? '';
  const suffix = /-[A-Za-z0-9]{6}$/.test(name) ? '' : '-??????';
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}${suffix}`;
}
