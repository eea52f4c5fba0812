using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Identity;

/// <summary>Forgets failed sign-ins whose time is over.</summary>
[Job("sign_in.forget"), RequiresOperator]
public sealed record ForgetSignIns : IJob;

internal sealed class ForgetSignInsHandler(ISignInThrottle throttle) : IJobHandler<ForgetSignIns>
{
    public async Task<string> Handle(ForgetSignIns job, CancellationToken cancellation) =>
        $"Forgot {await throttle.ForgetOld(cancellation)} counts.";
}
