using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>What must hold of every log at every time, asked of the database itself.</summary>
internal static class LogAudit
{
    public static async Task ShouldBeSound(this TestService service)
    {
        (
            await service.Scalar<long>(
                """
                select count(*)
                from (
                    select e.version,
                        row_number() over (partition by e.tenant_id, e.stream_id order by e.seq_id) as place
                    from events.log e
                ) v
                where v.version <> v.place
                """
            )
        ).ShouldBe(0, "a stream's versions have gaps, or are not in the order of the log");
        (
            await service.Scalar<long>(
                """
                select count(*)
                from (
                    select h.tenant_id, h.id, h.version, n.number
                    from events.mt_streams h
                    left join events.streams n on n.tenant_id = h.tenant_id and n.id = h.id
                    -- What Marten keeps for the tombstones of batches that failed.
                    where h.version > 0
                ) s
                full join (
                    select e.tenant_id, e.stream_id, max(e.version) as version, min(e.seq_id) as number
                    from events.log e
                    group by e.tenant_id, e.stream_id
                ) e on e.tenant_id = s.tenant_id and e.stream_id = s.id
                where (s.version, s.number) is distinct from (e.version, e.number)
                """
            )
        ).ShouldBe(0, "a stream's row does not say where the stream stands");
        (
            await service.Scalar<long>(
                """
                select count(*)
                from (select e.timestamp < lag(e.timestamp) over (order by e.seq_id) as back from events.log e) t
                where t.back
                """
            )
        ).ShouldBe(0, "time goes back in the log");
        (await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(
            0,
            "the tables are not what the log says"
        );
    }

    /// <summary>Every position, in order, as the log holds it.</summary>
    public static async Task<List<long>> Sequences(this TestService service, string where = "true")
    {
        await using var command = service.Installation.Administrator.CreateCommand(
            $"select e.seq_id from events.mt_events e where {where} order by e.seq_id"
        );
        await using var reader = await command.ExecuteReaderAsync();
        var all = new List<long>();
        while (await reader.ReadAsync())
            all.Add(reader.GetInt64(0));

        return all;
    }
}
