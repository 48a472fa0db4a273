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
    private long _forgottenAt;
    private bool _isRetired;

    public Digest Digest { get; } = digest;

    public string Scheme { get; } = scheme;

    /// <summary>When the answer was asked for; a timestamp of the time provider. Zero: never.</summary>
    public long AskedAt { get; private set; }

    /// <summary>When a request last came with it; a timestamp.</summary>
    public long UsedAt { get; private set; }

    public Caller? Caller { get; private set; }

    /// <summary>The answer as the authentication middleware takes it.</summary>
    public AuthenticateResult Result { get; private set; } = NotValid;

    /// <summary>How many requests run with it.</summary>
    internal int Running
    {
        get
        {
            lock (_lock)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>Takes the database's answer. If the credential may do less than before, aborts the requests that run with it.</summary>
    public void Answer(Caller? caller, long askedAt)
    {
        lock (_lock)
        {
            if (askedAt < AskedAt || askedAt < _forgottenAt)
            {
                return; // A later question was answered first, or the answer is from before a change.
            }

            // A use that was recorded meanwhile is no reason to make a new identity.
            if (caller is null || Caller is null || (caller with { LastUsedAt = null }) != (Caller with { LastUsedAt = null }))
            {
                Result = caller is null ? NotValid : CallerIdentity.Succeed(caller, Scheme, this);
            }

            var mayLess = caller is null || (Caller is not null && MayLess(caller, Caller));
            (Caller, AskedAt) = (caller, askedAt);
            if (mayLess)
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

    /// <summary>Makes the next request ask again. Answers to questions that were asked before now are ignored.</summary>
    public void Forget(long now)
    {
        lock (_lock)
        {
            (AskedAt, _forgottenAt, _asking) = (0, now, null);
        }
    }

    /// <summary>Notes that a request came with it; false if it is retired.</summary>
    public bool Use(long now)
    {
        lock (_lock)
        {
            UsedAt = now;
            return !_isRetired;
        }
    }

    /// <summary>Retires it unless a request runs with it or came since. Nobody asks for a retired one any more.</summary>
    public bool Retire(long unusedSince)
    {
        lock (_lock)
        {
            return _isRetired = _isRetired || (_running.Count == 0 && UsedAt < unusedSince);
        }
    }

    /// <summary>Lets a request go on that ends its own credential, so that its answer arrives.</summary>
    public void Release(HttpContext context)
    {
        lock (_lock)
        {
            _running.Remove(context);
        }
    }

    private static bool MayLess(Caller now, Caller before) => now.Scope < before.Scope || (before.IsAdmin && !now.IsAdmin);

    /// <summary>Runs a request, which is aborted if the credential ends meanwhile.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        bool hasEnded;
        lock (_lock)
        {
            // It ended or lost a right after this request was authenticated and before it began to run: nobody would abort it later.
            hasEnded = Caller is null || _isRetired || (context.FindCaller() is { } caller && MayLess(Caller, caller));
            if (!hasEnded)
            {
                _running.Add(context);
            }
        }

        if (hasEnded)
        {
            context.Abort();
            return;
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
