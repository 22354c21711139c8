import * as aws from '@pulumi/aws';
import * as dockerBuild from '@pulumi/docker-build';
import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import { regionProblems } from './arguments/archive-location.ts';
import { checked } from './arguments/checked.ts';
import { type ArgumentProblem, refuse } from './arguments/refuse.ts';
import { imageContext, imageTag } from './image/context.ts';

export interface RuntimeImageArgs {
  /**
   * The processors that the image is for: `arm64` or `x86_64`. One of them, so that Lambda takes the image too. On a
   * machine of the other kind Docker needs emulation (binfmt), and the build takes minutes longer.
   * Costs: arm64 is 20 % cheaper on Fargate.
   * @default "arm64"
   */
  architecture?: pulumi.Input<string>;
  /**
   * Whether the image is for AWS Lambda: built from the Dockerfile's stage `lambda`, which has Lambda's runtime
   * interface client, in place of the stage `runtime`.
   * @default false
   */
  lambda?: boolean;
  /**
   * A second region that gets the same image into a repository of its own, so that nothing there depends on the first
   * when that is lost. Costs: 0.10 USD a GB and month there, and the transfer of the image once.
   * @default none
   * @example "us-east-1"
   */
  replicaRegion?: pulumi.Input<string>;
  /**
   * Name of the ECR repositories, in both regions: 2 to 256 lower-case letters, digits, `.`, `_`, `-` and `/`.
   * @default the component's name with a random ending
   * @example "platform/msk-backup"
   */
  repositoryName?: pulumi.Input<string>;
  /**
   * Tags of the repositories.
   * @default none
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * The image that the tasks and functions run, built from this package's Dockerfile by the Docker of the machine that
 * deploys (BuildKit is needed), pushed to ECR and named by its digest. Repositories scan what is pushed, and no tag can
 * be given to another image.
 *
 * The tag follows from the files of the build and the folder that they lie in: another folder, as on another machine,
 * makes another image. Where that is too much, build the image once and give its digest as `image.uri`.
 */
export class RuntimeImage extends pulumi.ComponentResource {
  /** Of the image, with its digest: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…`. */
  readonly uri: pulumi.Output<string>;
  /** The same image in the replica's region. */
  readonly replicaUri?: pulumi.Output<string>;
  /** ARN of the repository. */
  readonly repositoryArn: pulumi.Output<string>;
  /** ARN of the repository in the replica's region. */
  readonly replicaRepositoryArn?: pulumi.Output<string>;

  constructor(name: string, args: RuntimeImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:RuntimeImage', name, args, opts);
    const { lambda = false, replicaRegion, repositoryName, tags } = args;
    const { architecture } = args;
    const values = { architecture, replicaRegion, repositoryName };
    const passed = checked('RuntimeImage', name, values, {
      architecture: architectureProblems,
      replicaRegion: regionProblems,
      repositoryName: repositoryNameProblems,
    });
    const all = afterCheck(values, passed);
    const safe = { ...all, replicaRegion: elsewhere(this) };

    const context = imageContext();
    const platform = safe.architecture.apply((it) => (it === 'x86_64' ? 'linux/amd64' : 'linux/arm64'));
    const target = lambda ? 'lambda' : 'runtime';
    const tag = platform.apply((platform) => imageTag(context, [platform, target]));

    const repository = createRepository(this);
    const replica = replicaRegion === undefined ? undefined : createRepository(this, safe.replicaRegion);
    const repositories = replica === undefined ? [repository] : [repository, replica];
    const image = buildImage(this);

    this.uri = pulumi.interpolate`${repository.repositoryUrl}@${image.digest}`;
    this.repositoryArn = repository.arn;
    if (replica !== undefined) {
      this.replicaUri = pulumi.interpolate`${replica.repositoryUrl}@${image.digest}`;
      this.replicaRepositoryArn = replica.arn;
    }
    this.registerOutputs({
      uri: this.uri,
      replicaUri: this.replicaUri,
      repositoryArn: this.repositoryArn,
      replicaRepositoryArn: this.replicaRepositoryArn,
    });

    /** In the region of the first, the second repository would take its name. */
    function elsewhere(parent: pulumi.Resource): pulumi.Output<string | undefined> {
      if (replicaRegion === undefined) return all.replicaRegion;
      const here = aws.getRegionOutput({}, { parent }).region;
      return pulumi.all([all.replicaRegion, here]).apply(([there, here]) => {
        const reason = `is the region of the provider (${here}): the image is there already, leave it out`;
        refuse('RuntimeImage', name, there === here ? [{ propertyPath: 'replicaRegion', reason }] : []);
        return there;
      });
    }

    function createRepository(parent: pulumi.Resource, region?: pulumi.Input<string | undefined>): aws.ecr.Repository {
      return new aws.ecr.Repository(
        region === undefined ? name : `${name}-replica`,
        {
          name: safe.repositoryName,
          region,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
          // An image can be built again, unlike what the buckets hold.
          forceDelete: true,
          tags,
        },
        { parent },
      );
    }

    function buildImage(parent: pulumi.Resource): dockerBuild.Image {
      return new dockerBuild.Image(
        name,
        {
          context: { location: context },
          dockerfile: { location: `${context}/Dockerfile` },
          target,
          platforms: [platform],
          // One manifest per platform and nothing else: docker-build leaves the provenance out, which Lambda refuses.
          tags: repositories.map(({ repositoryUrl }) => pulumi.interpolate`${repositoryUrl}:${tag}`),
          registries: repositories.map((each, i) => login(each, i === 0 ? undefined : safe.replicaRegion, parent)),
          push: true,
          buildOnPreview: false,
        },
        { parent },
      );
    }
  }
}

function login(repository: aws.ecr.Repository, region: pulumi.Input<string | undefined>, parent: pulumi.Resource) {
  const token = aws.ecr.getAuthorizationTokenOutput({ registryId: repository.registryId, region }, { parent });
  return { address: repository.repositoryUrl, username: token.userName, password: pulumi.secret(token.password) };
}

function architectureProblems(architecture: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (architecture === undefined || architecture === 'arm64' || architecture === 'x86_64') return [];
  return [{ propertyPath, reason: `is neither arm64 nor x86_64: ${architecture}` }];
}

function repositoryNameProblems(name: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (name === undefined || isRepositoryName(name)) return [];
  const reason = `is not a name that ECR takes (2 to 256 of a-z, 0-9, . _ - /, beginning and ending with a letter or digit): ${name}`;
  return [{ propertyPath, reason }];
}

function isRepositoryName(name: string): boolean {
  const part = '[a-z0-9]+([._-][a-z0-9]+)*';
  return name.length >= 2 && name.length <= 256 && new RegExp(`^${part}(/${part})*$`).test(name);
}
