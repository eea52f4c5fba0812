using Hangfire.Logging;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// What Hangfire has to say, from warnings on, in the service's log. Of an exception only its kind is written: its
/// message may quote a row.
/// </summary>
/// <remarks>
/// Hangfire has one log for the whole process, which outlives a service of it: the logger is made once, because a
/// factory that is disposed makes none.
/// </remarks>
internal sealed partial class HangfireLog(ILoggerFactory loggers) : ILogProvider
{
    private readonly OneLog _log = new(loggers.CreateLogger("SchemaHub.Jobs.Hangfire"));

    /// <inheritdoc/>
    public ILog GetLogger(string name) => _log;

    private sealed partial class OneLog(ILogger logger) : ILog
    {
        public bool Log(Hangfire.Logging.LogLevel logLevel, Func<string>? messageFunc, Exception? exception = null)
        {
            var level = logLevel switch
            {
                Hangfire.Logging.LogLevel.Warn => LogLevel.Warning,
                Hangfire.Logging.LogLevel.Error => LogLevel.Error,
                Hangfire.Logging.LogLevel.Fatal => LogLevel.Critical,
                _ => LogLevel.None,
            };
            if (level == LogLevel.None || !logger.IsEnabled(level))
                return false;

            if (messageFunc is not null)
                Said(level, messageFunc(), exception?.GetType().Name ?? "no exception");

            return true;
        }

        [LoggerMessage(Message = "{Message} ({Exception})")]
        private partial void Said(LogLevel level, string message, string exception);
    }
}
