using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Where a stream stood when it was last seen.</summary>
internal sealed record StreamHead<TState>(TState State, long Version, long Number, SubjectKey? Key);
