namespace SchemaHub.Infrastructure.Mail;

/// <summary>Why mail waits for its provider.</summary>
public enum MailTrouble
{
    /// <summary>No connection is made, or the provider refuses to talk to us.</summary>
    Unreachable,

    /// <summary>Connections break before a mail is handed over in full, or the provider reports a fault.</summary>
    Breaking,

    /// <summary>Mail is handed over in full, and no answer comes.</summary>
    Silent,
}

/// <summary>
/// The circuit breaker of the mail provider. It opens after a number of failures in a row, however far apart they are:
/// a provider that takes minutes to fail is left alone as well as one that fails at once. After a rest a single
/// connection tries a single mail. An answer closes the circuit; another failure doubles the rest.
/// </summary>
/// <param name="firstRest">10 seconds unless named.</param>
/// <param name="longestRest">5 minutes unless named.</param>
public sealed class MailCircuit(TimeProvider clock, TimeSpan? firstRest = null, TimeSpan? longestRest = null)
{
    /// <summary>Failures in a row that open it.</summary>
    public const int MostFailures = 5;

    // A connection that was let through to try one mail, and had none to send, must not keep the others waiting.
    private static readonly TimeSpan LongestIdleTrial = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeSpan _firstRest = firstRest ?? TimeSpan.FromSeconds(10);
    private readonly TimeSpan _longestRest = longestRest ?? TimeSpan.FromMinutes(5);
    private int _failures;
    private TimeSpan _rest;
    private DateTimeOffset _restsUntil;
    private MailTrouble _last;
    private DateTimeOffset _since;
    private object? _trial;
    private DateTimeOffset _trialSince;
    private bool _isTrying;

    /// <summary>What is wrong, and since when; null while the circuit is closed.</summary>
    public (MailTrouble Trouble, DateTimeOffset Since)? Trouble
    {
        get
        {
            lock (_gate)
                return IsClosed ? null : (_last, _since);
        }
    }

    private bool IsClosed => _failures < MostFailures;

    /// <summary>Whether a new connection may be made.</summary>
    /// <param name="connection">Identifies it.</param>
    internal bool TryEnter(object connection)
    {
        lock (_gate)
        {
            if (IsClosed)
                return true;

            var now = clock.GetUtcNow();
            var isTried = _trial is not null && (_isTrying || now - _trialSince < LongestIdleTrial);
            if (now < _restsUntil || isTried)
                return false;

            (_trial, _trialSince) = (connection, now);
            return true;
        }
    }

    /// <summary>Whether a connection may hand a mail over.</summary>
    internal bool MaySend(object connection)
    {
        lock (_gate)
            return IsClosed || _trial == connection;
    }

    /// <summary>A connection begins to hand a mail over; false where the provider is left alone.</summary>
    internal bool BeginSend(object connection)
    {
        lock (_gate)
        {
            if (IsClosed)
                return true;

            if (_trial != connection)
                return false;

            return _isTrying = true;
        }
    }

    /// <summary>A connection is closed, or could not be made; another may try.</summary>
    internal void Leave(object connection)
    {
        lock (_gate)
        {
            if (_trial == connection)
                (_trial, _isTrying) = (null, false);
        }
    }

    /// <summary>The provider answered for a mail, whatever it said.</summary>
    internal void Succeeded()
    {
        lock (_gate)
            (_failures, _rest, _trial, _isTrying) = (0, TimeSpan.Zero, null, false);
    }

    /// <summary>The provider could not be reached, or did not answer.</summary>
    internal void Failed(object connection, MailTrouble trouble)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            // What was under way when the circuit opened says nothing new.
            if (!IsClosed && _trial != connection)
                return;

            if (_failures == 0)
                _since = now;

            _last = trouble;
            _failures = Math.Min(_failures + 1, MostFailures);
            (_trial, _isTrying) = (null, false);
            if (IsClosed)
                return;

            _rest = _rest == TimeSpan.Zero ? _firstRest : _rest * 2;
            _rest = _rest < _longestRest ? _rest : _longestRest;
            _restsUntil = now + _rest;
        }
    }
}
