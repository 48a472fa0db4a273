using Microsoft.AspNetCore.Http.Features;

namespace Wyckoff.Api.Manners;

/// <summary>HEAD wherever GET is: the same work up to the first byte of the body, which is not sent; what would come after it is not done.</summary>
public static class HeadRequests
{
    public static IApplicationBuilder UseHead(this IApplicationBuilder app) => app.Use(static (context, next) =>
        HttpMethods.IsHead(context.Request.Method) ? HeadAsync(context, next) : next(context));

    /// <summary>Nothing but headers is wanted, so nothing that happens after them matters.</summary>
    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(typeof(NoBody));

    private static async Task HeadAsync(HttpContext context, RequestDelegate next)
    {
        var left = context.RequestAborted;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(left);
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new NoBody(body, enough), body));
        context.Items[typeof(NoBody)] = true;
        context.Request.Method = HttpMethods.Get; // for the router; the server remembers what it was
        context.RequestAborted = enough.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested && !left.IsCancellationRequested)
        {
            // What was called off.
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
            context.RequestAborted = left;
            context.Features.Set(body);
        }
    }

    /// <summary>With the first that is written to it, the headers go out and the rest is called off. Not by the token of a write to the server: that would break the connection.</summary>
    private sealed class NoBody(IHttpResponseBodyFeature body, CancellationTokenSource enough) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await body.StartAsync(CancellationToken.None);
            await enough.CancelAsync();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            enough.Token.ThrowIfCancellationRequested(); // whoever does not look at the token ends here
            return new(FlushAsync(cancellationToken));
        }
    }
}
