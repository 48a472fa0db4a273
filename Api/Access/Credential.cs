using Microsoft.AspNetCore.Authentication;
using Wyckoff.Accounts;

namespace Wyckoff.Api.Access;

/// <summary>A key or session token that was presented: the database's last answer about it, and the requests that run with it.</summary>
public sealed class Credential(Digest digest, string scheme)
{
    private static readonly AuthenticateResult NotValid = AuthenticateResult.Fail(KeyHandler.NotValid);

    private readonly Lock _lock = new();
    private readonly HashSet<HttpContext> _running = [];
    private Task? _asking;
    private long _notBefore;

    public Digest Digest { get; } = digest;

    public string Scheme { get; } = scheme;

    /// <summary>When the answer was asked for; a timestamp of the time provider. Zero: never.</summary>
    public long AskedAt { get; private set; }

    /// <summary>When a request last came with it; a timestamp.</summary>
    public long UsedAt { get; set; }

    public Caller? Caller { get; private set; }

    /// <summary>The answer as the authentication middleware takes it.</summary>
    public AuthenticateResult Result { get; private set; } = NotValid;

    public bool IsRunning
    {
        get
        {
            lock (_lock)
            {
                return _running.Count > 0;
            }
        }
    }

    /// <summary>Takes the database's answer. If the credential is not valid any more, aborts the requests that run with it.</summary>
    public void Answer(Caller? caller, long askedAt)
    {
        lock (_lock)
        {
            if (askedAt < AskedAt || askedAt < _notBefore)
            {
                return; // A later question was answered first, or something has changed since.
            }

            // A use that was recorded meanwhile is no reason to make a new identity.
            if (caller is null || Caller is null || (caller with { LastUsedAt = null }) != (Caller with { LastUsedAt = null }))
            {
                Result = caller is null ? NotValid : CallerIdentity.Succeed(caller, Scheme, this);
            }

            (Caller, AskedAt) = (caller, askedAt);
            if (caller is null)
            {
                foreach (var context in _running)
                {
                    context.Abort();
                }
            }
        }
    }

    /// <summary>Runs <paramref name="ask"/> once for all requests that wait for an answer.</summary>
    public Task AskOnceAsync(Func<Task> ask)
    {
        lock (_lock)
        {
            return _asking is { IsCompleted: false } asking ? asking : _asking = ask();
        }
    }

    /// <summary>Makes the next request ask again. Answers to questions from before count no more.</summary>
    public void Forget(long now)
    {
        lock (_lock)
        {
            (AskedAt, _asking, _notBefore) = (0, null, now);
        }
    }

    /// <summary>Runs a request, which is aborted if the credential ends meanwhile.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        lock (_lock)
        {
            _running.Add(context);
        }

        try
        {
            await next(context);
        }
        finally
        {
            // Under the same lock as the abort: the server reuses the context for the next request of the connection.
            lock (_lock)
            {
                _running.Remove(context);
            }
        }
    }
}
