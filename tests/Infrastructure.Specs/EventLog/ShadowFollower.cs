using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>A follower that fills copies of the published tables while the log grows, on several nodes.</summary>
internal sealed class ShadowFollower : IAsyncDisposable
{
    private const string Schema = "shadow";

    private static readonly IReadOnlyList<IProjection> Followed =
    [
        .. Projections.All.Where(projection => projection.Schema == "backstage"),
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly IReadOnlyList<TestService> _services;
    private readonly Task[] _nodes;

    private ShadowFollower(IReadOnlyList<TestService> services)
    {
        _services = services;
        _nodes = [.. services.Select(service => Task.Run(() => Follow(service)))];
    }

    public static async Task<ShadowFollower> Start(params TestService[] services)
    {
        await services[0].Execute($"create schema {Schema}; grant usage on schema {Schema} to schemahub_writer");
        foreach (var table in Followed.SelectMany(projection => projection.Tables))
            await services[0]
                .Execute(
                    $"""
                    create table {Schema}.{table.Name} (
                        like backstage.{table.Name} including defaults, primary key (id)
                    );
                    grant select, insert, update, delete on {Schema}.{table.Name} to schemahub_writer
                    """
                );

        return new ShadowFollower(services);
    }

    /// <summary>Reads to the end, and compares every row with the published one.</summary>
    public async Task ShouldHaveSeenEverythingOnce()
    {
        await DisposeAsync();
        (await Of(_services[0]).CatchUp(CancellationToken.None)).ShouldBeTrue();
        foreach (var table in Followed.SelectMany(projection => projection.Tables))
            (
                await _services[0]
                    .Scalar<long>(
                        $"""
                        select count(*)
                        from backstage.{table.Name} l
                        full join {Schema}.{table.Name} s on s.id = l.id
                        where l is distinct from s
                        """
                    )
            ).ShouldBe(0, table.Name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;

        await _stop.CancelAsync();
        await Task.WhenAll(_nodes);
        _stop.Dispose();
    }

    private async Task Follow(TestService service)
    {
        while (!_stop.IsCancellationRequested)
            await Of(service).CatchUp(CancellationToken.None);
    }

    private static ProjectionFollower Of(TestService service) =>
        new(service.Installation.Writer, new LogScanner(service.Installation.Keys), Followed, Schema, Schema);
}
