using System.Collections.Concurrent;
using Wyckoff.Accounts;
using Wyckoff.Postgres;

namespace Wyckoff.Api.Access;

/// <summary>
/// Knows who calls with which key or session. A request uses an answer of the database that was asked for at most a second ago, so a
/// revocation holds within a second on every replica. In the background one statement every half second asks again for all credentials in
/// use, so that requests do not wait for it, and requests that run with a revoked one are aborted.
/// </summary>
/// <remarks>
/// Look-up is by the hash of the whole key, in memory and in the database. How long it takes depends on the hash, which nobody can steer
/// towards a stored one, and not on how many characters of a key are right.
/// </remarks>
public sealed class Credentials(AccountDirectory directory, TimeProvider time, ILogger<Credentials> logger) : BackgroundService
{
    /// <summary>How old an answer may be, counted from before the question was sent.</summary>
    internal static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(400);
    internal static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan KeepUnused = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecordUseEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Digest, Credential> _kept = new();

    /// <summary>Beyond this number only valid ones are kept, so that a flood of invented keys takes no memory.</summary>
    internal int MaxUnknown { get; init; } = 20_000;

    /// <summary>How many credentials are kept.</summary>
    internal int Count => _kept.Count;

    /// <summary>How many requests run.</summary>
    internal int Running => _kept.Values.Sum(credential => credential.Running);

    /// <summary>Returns the credential with an answer that is at most a second old.</summary>
    public ValueTask<Credential> FindAsync(Digest digest, string scheme, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (!_kept.TryGetValue(digest, out var credential) || !credential.Use(now) || !IsFresh(credential, now))
        {
            return new(AskAsync(digest, scheme, now, cancellationToken));
        }

        if (HasExpired(credential.Caller))
        {
            credential.Answer(null, credential.AskedAt);
        }

        return new(credential);
    }

    /// <summary>Makes the next request of an account ask the database: a change holds at once on the replica that made it.</summary>
    public void Forget(long accountId)
    {
        var now = time.GetTimestamp();
        // Those without a caller may be of the account too: the answer is on its way, or was given before the account was activated.
        foreach (var credential in _kept.Values.Where(credential => credential.Caller is null || credential.Caller.AccountId == accountId))
        {
            credential.Forget(now);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Tick, time, stoppingToken);
                await RefreshAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private bool IsFresh(Credential credential, long now) =>
        credential.AskedAt != 0 && time.GetElapsedTime(credential.AskedAt, now) < MaxAge;

    private bool HasExpired(Caller? caller) => caller?.ExpiresAt <= time.GetUtcNow();

    /// <summary>Asks the database, once for all requests with the same credential.</summary>
    private async Task<Credential> AskAsync(Digest digest, string scheme, long arrivedAt, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_kept.TryGetValue(digest, out var credential))
            {
                credential = new(digest, scheme);
                if (_kept.Count < MaxUnknown)
                {
                    credential = _kept.GetOrAdd(digest, credential);
                }
            }

            // Not cancelled with the request: others may wait for the same answer.
            await credential.AskOnceAsync(() => AskAsync([credential], CancellationToken.None)).WaitAsync(cancellationToken);
            // Others may have asked too long before this request came, and a change may have overtaken the answer.
            var isDone = IsFresh(credential, arrivedAt) && credential.Use(time.GetTimestamp());
            if (isDone && (credential.Caller is null || _kept.GetOrAdd(digest, credential) == credential))
            {
                return credential;
            }
        }
    }

    private async Task AskAsync(IReadOnlyList<Credential> credentials, CancellationToken cancellationToken)
    {
        var askedAt = time.GetTimestamp();
        var callers = await directory.AuthenticateAsync(
            [.. credentials.Select(credential => credential.Digest.ToBytes())],
            cancellationToken
        );
        for (var i = 0; i < callers.Length; i++)
        {
            credentials[i].Answer(HasExpired(callers[i]) ? null : callers[i], askedAt);
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var unusedSince = now - (long)(KeepUnused.TotalSeconds * time.TimestampFrequency);
        var due = new List<Credential>();
        foreach (var kept in _kept)
        {
            var credential = kept.Value;
            if (credential.Retire(unusedSince))
            {
                _kept.TryRemove(kept);
            }
            else if (credential.Caller is not null && time.GetElapsedTime(credential.AskedAt, now) >= AskAgainAfter)
            {
                due.Add(credential);
            }
        }

        if (due.Count == 0)
        {
            return;
        }

        try
        {
            await AskAsync(due, cancellationToken);
            var used = due.Where(credential => credential.Caller is { } caller && !(time.GetUtcNow() - caller.LastUsedAt < RecordUseEvery))
                .Select(credential => credential.Digest.ToBytes())
                .ToList();
            if (used.Count > 0)
            {
                await directory.RecordUseAsync(used, cancellationToken);
            }
        }
        catch (Exception e) when (DatabaseFaults.IsAny(e))
        {
            // The answers grow old, so the next requests ask themselves and report that the database is away. While it is, nothing can be
            // revoked, and requests that run go on.
            logger.CredentialsNotAsked(e.Message);
        }
    }
}
