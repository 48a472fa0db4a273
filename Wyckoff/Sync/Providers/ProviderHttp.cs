using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;
using Wyckoff.Telemetry;

namespace Wyckoff.Sync.Providers;

/// <summary>Asks over HTTP until there is an answer that can be read, within a provider's limits.</summary>
internal sealed class ProviderHttp
{
    /// <summary>Nothing a provider sends is larger; a body without end must not fill the memory.</summary>
    private const int MaxBody = 64 * 1024 * 1024;

    private readonly string _provider;
    private readonly HttpClient _client;
    private readonly RequestLimiter _limiter;
    private readonly RetryOptions _retry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _attempts;
    private readonly ResiliencePipeline _patience;

    public ProviderHttp(
        string provider,
        HttpClient client,
        RequestLimiter limiter,
        RetryOptions retry,
        TimeProvider time,
        Random random,
        ILogger logger
    )
    {
        (_provider, _client, _limiter, _retry, _time, _logger) = (provider, client, limiter, retry, time, logger);
        var attempts = new ResiliencePipelineBuilder { TimeProvider = time };
        if (retry.Attempts > 1)
        {
            attempts.AddRetry(
                new()
                {
                    MaxRetryAttempts = retry.Attempts - 1,
                    Delay = retry.FirstDelay,
                    MaxDelay = retry.MaxDelay,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Randomizer = () =>
                    {
                        lock (random)
                        {
                            return random.NextDouble();
                        }
                    },
                    ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is AttemptException { MayPass: true }),
                    DelayGenerator = args => ValueTask.FromResult(((AttemptException)args.Outcome.Exception!).RetryAfter),
                    OnRetry = args =>
                    {
                        _logger.ProviderRetry(provider, args.Outcome.Exception!.Message, args.RetryDelay);
                        return ValueTask.CompletedTask;
                    },
                }
            );
        }

        _attempts = attempts.Build();
        _patience = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(retry.Timeout)
            .Build();
    }

    /// <summary>Where <paramref name="read"/> finds a body that is not what was asked for (<see cref="FormatException"/>), it was mutilated on the way, and is asked for again.</summary>
    public async Task<Answer<T>> GetAsync<T>(Func<HttpRequestMessage> request, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        var attempts = 0;
        try
        {
            return await _attempts.ExecuteAsync(
                async token =>
                {
                    await _limiter.WaitAsync(token);
                    attempts++;
                    return await AttemptAsync(request, read, token);
                },
                cancellationToken
            );
        }
        catch (AttemptException e)
        {
            throw new ProviderException(
                $"{_provider}: {e.Message}{(attempts > 1 ? FormattableString.Invariant($" ({attempts} attempts)") : "")}.",
                e.InnerException
            );
        }
    }

    private async Task<Answer<T>> AttemptAsync<T>(
        Func<HttpRequestMessage> request,
        Func<byte[], T> read,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var answer = await _patience.ExecuteAsync(async token => await AskAsync(request, read, token), cancellationToken);
            MarketDataMetrics.ProviderRequest(_provider, "ok");
            return answer;
        }
        catch (AttemptException e)
        {
            throw Counted(e);
        }
        catch (TimeoutRejectedException e)
        {
            throw Counted(new("timeout", $"no answer within {_retry.Timeout}", e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Counted(new("network", e.InnerException?.Message ?? e.Message, e));
        }
        catch (FormatException e)
        {
            throw Counted(new("malformed", e.Message, e));
        }
    }

    private async Task<Answer<T>> AskAsync<T>(Func<HttpRequestMessage> make, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        using var request = make();
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await ReadAsync(response.Content, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return new(read(body), body, response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream");
        }

        var reason = $"{(int)response.StatusCode} {response.ReasonPhrase}{Words(body)}";
        throw response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => Patient("throttled", reason, response),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => Patient("server_error", reason, response),
            _ => new AttemptException("refused", reason) { MayPass = false },
        };
    }

    /// <summary>One that may ask for some time to be left alone in.</summary>
    private AttemptException Patient(string outcome, string reason, HttpResponseMessage response)
    {
        if (RetryOptions.Asked(response.Headers.RetryAfter, _time.GetUtcNow()) is not { } asked || asked == TimeSpan.Zero)
        {
            return new(outcome, reason);
        }

        if (asked > _retry.MaxRetryAfter)
        {
            return new(outcome, $"{reason}; it asks to be left alone for {asked}") { MayPass = false };
        }

        // By everybody, not by this request alone.
        _limiter.PauseUntil(_time.GetUtcNow() + asked);
        return new(outcome, reason) { RetryAfter = asked };
    }

    private AttemptException Counted(AttemptException e)
    {
        MarketDataMetrics.ProviderError(_provider, e.Outcome);
        return e;
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[81_920];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0; )
        {
            await body.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            if (body.Length > MaxBody)
            {
                throw new FormatException(FormattableString.Invariant($"an answer of more than {MaxBody} bytes"));
            }
        }

        return body.ToArray();
    }

    // The first words of what a provider says about its refusal, on one line.
    private static string Words(byte[] body)
    {
        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 200))).ReplaceLineEndings(" ").Trim();
        return text.Length == 0 ? "" : ": " + text;
    }

    internal sealed record Answer<T>(T Value, byte[] Body, string ContentType);

    /// <summary>Why one attempt came to nothing; the message holds no secret.</summary>
    private sealed class AttemptException(string outcome, string reason, Exception? inner = null) : Exception(reason, inner)
    {
        public string Outcome => outcome;

        public bool MayPass { get; init; } = true;

        public TimeSpan? RetryAfter { get; init; }
    }
}
