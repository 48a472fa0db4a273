using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;
using Wyckoff.Telemetry;

namespace Wyckoff.Sync.Providers;

/// <summary>Sends HTTP requests with retries, timeouts and the rate limit of a provider.</summary>
internal sealed class ProviderHttp
{
    /// <summary>Larger than any valid answer. An endless body must not fill the memory.</summary>
    private const int MaxBody = 64 * 1024 * 1024;

    private readonly string _provider;
    private readonly HttpClient _client;
    private readonly RequestLimiter _limiter;
    private readonly RetryOptions _retry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _retries;
    private readonly ResiliencePipeline _timeout;

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
                    ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is AttemptException { IsTransient: true }),
                    DelayGenerator = args => ValueTask.FromResult(((AttemptException)args.Outcome.Exception!).RetryAfter),
                    OnRetry = args =>
                    {
                        _logger.ProviderRetry(provider, args.Outcome.Exception!.Message, args.RetryDelay);
                        return ValueTask.CompletedTask;
                    },
                }
            );
        }

        _retries = attempts.Build();
        _timeout = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(retry.Timeout)
            .Build();
    }

    /// <summary>
    /// Sends a request until an answer can be read. A <see cref="FormatException"/> of <paramref name="read"/> means a damaged body, and is
    /// retried.
    /// </summary>
    /// <exception cref="ProviderException">The provider refuses the request, or all retries failed.</exception>
    public async Task<Answer<T>> GetAsync<T>(Func<HttpRequestMessage> request, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        var attempts = 0;
        try
        {
            return await _retries.ExecuteAsync(
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
            var answer = await _timeout.ExecuteAsync(async token => await SendAsync(request, read, token), cancellationToken);
            MarketDataMetrics.ProviderRequest(_provider, "ok");
            return answer;
        }
        catch (AttemptException e)
        {
            throw CountError(e);
        }
        catch (TimeoutRejectedException e)
        {
            throw CountError(new("timeout", $"no answer within {_retry.Timeout}", e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw CountError(new("network", e.InnerException?.Message ?? e.Message, e));
        }
        catch (FormatException e)
        {
            throw CountError(new("malformed", e.Message, e));
        }
    }

    private async Task<Answer<T>> SendAsync<T>(
        Func<HttpRequestMessage> createRequest,
        Func<byte[], T> read,
        CancellationToken cancellationToken
    )
    {
        using var request = createRequest();
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await ReadAsync(response.Content, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return new(read(body), body, response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream");
        }

        var reason = $"{(int)response.StatusCode} {response.ReasonPhrase}{Excerpt(body)}";
        throw response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => WithRetryAfter("throttled", reason, response),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => WithRetryAfter("server_error", reason, response),
            _ => new AttemptException("refused", reason) { IsTransient = false },
        };
    }

    /// <summary>A failure whose response may have a Retry-After.</summary>
    private AttemptException WithRetryAfter(string outcome, string reason, HttpResponseMessage response)
    {
        if (RetryOptions.DelayOf(response.Headers.RetryAfter, _time.GetUtcNow()) is not { } delay || delay == TimeSpan.Zero)
        {
            return new(outcome, reason);
        }

        if (delay > _retry.MaxRetryAfter)
        {
            return new(outcome, $"{reason}; it asks to be left alone for {delay}") { IsTransient = false };
        }

        // The pause applies to all requests to the provider.
        _limiter.PauseUntil(_time.GetUtcNow() + delay);
        return new(outcome, reason) { RetryAfter = delay };
    }

    private AttemptException CountError(AttemptException e)
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

    // The start of the provider's error message, on one line.
    private static string Excerpt(byte[] body)
    {
        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 200))).ReplaceLineEndings(" ").Trim();
        return text.Length == 0 ? "" : ": " + text;
    }

    internal sealed record Answer<T>(T Value, byte[] Body, string ContentType);

    /// <summary>Why an attempt failed; the message contains no secret.</summary>
    private sealed class AttemptException(string outcome, string reason, Exception? inner = null) : Exception(reason, inner)
    {
        public string Outcome => outcome;

        public bool IsTransient { get; init; } = true;

        public TimeSpan? RetryAfter { get; init; }
    }
}
