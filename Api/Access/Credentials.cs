using System.Collections.Concurrent;
using Wyckoff.Accounts;
using Wyckoff.Postgres;

namespace Wyckoff.Api.Access;

/// <summary>
/// Knows who calls with which key or session. A request uses an answer of the database that was asked for at most a second ago, so a
/// revocation holds within a second on every replica. In the background one statement every half second asks again for all credentials in
/// use, so that requests do not wait for it, and requests that run with a revoked one are aborted.
/// </summary>
public sealed class Credentials(AccountDirectory directory, TimeProvider time, ILogger<Credentials> logger) : BackgroundService
{
    /// <summary>How old an answer may be, counted from before the question was sent.</summary>
    internal static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan KeepUnused = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecordUseEvery = TimeSpan.FromMinutes(1);

    // Beyond this number, answers are used once and not kept, so that a flood of invented keys takes no memory.
    private const int MaxKept = 20_000;

    private readonly ConcurrentDictionary<Digest, Credential> _kept = new();

    /// <summary>Returns the credential with an answer that is at most a second old.</summary>
    public ValueTask<Credential> FindAsync(Digest digest, string scheme, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (!_kept.TryGetValue(digest, out var credential))
        {
            credential = new(digest, scheme);
            if (_kept.Count < MaxKept)
            {
                credential = _kept.GetOrAdd(digest, credential);
            }
        }

        credential.UsedAt = now;
        return IsFresh(credential, now) ? new(credential) : new(AskAsync(credential, now, cancellationToken));
    }

    /// <summary>Makes the next request of an account ask the database: a change holds at once on the replica that made it.</summary>
    public void Forget(long accountId)
    {
        foreach (var credential in _kept.Values.Where(credential => credential.Caller?.AccountId == accountId))
        {
            credential.Forget(time.GetTimestamp());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RefreshAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private bool IsFresh(Credential credential, long now) =>
        credential.AskedAt != 0
        && time.GetElapsedTime(credential.AskedAt, now) < MaxAge
        && (credential.Caller?.ExpiresAt is not { } expires || expires > time.GetUtcNow());

    private async Task<Credential> AskAsync(Credential credential, long arrived, CancellationToken cancellationToken)
    {
        // More than once if the question was on its way before the request came, and its answer is too old or was forgotten meanwhile.
        do
        {
            // Not cancelled with the request: others may wait for the same answer.
            await credential.AskOnceAsync(() => AskAsync([credential], CancellationToken.None)).WaitAsync(cancellationToken);
        } while (credential.AskedAt < arrived && !IsFresh(credential, time.GetTimestamp()));
        return credential;
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
            credentials[i].Answer(callers[i], askedAt);
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var due = new List<Credential>();
        foreach (var (digest, credential) in _kept)
        {
            if (!credential.IsRunning && time.GetElapsedTime(credential.UsedAt, now) > KeepUnused)
            {
                _kept.TryRemove(digest, out _);
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
