using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Wyckoff.Tests;

/// <summary>Waits for what no event announces.</summary>
/// <remarks>The bound is so wide that only what never happens reaches it, however busy the machine is.</remarks>
internal static class Eventually
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Returns the first value that will do, and otherwise fails with the last.</summary>
    public static async Task<T> GetAsync<T>(
        Func<Task<T>> get,
        Func<T, bool> willDo,
        Func<T, string>? describe = null,
        [CallerArgumentExpression(nameof(willDo))] string condition = ""
    )
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Pause, Token))
        {
            var last = await get();
            if (willDo(last))
            {
                return last;
            }

            if (waited.Elapsed > Bound)
            {
                var seen = describe is null ? last?.ToString() : describe(last);
                Assert.Fail($"Not within {Bound.TotalSeconds:0} s: {condition}. Last seen: {seen}");
            }
        }
    }

    /// <summary>Returns when the condition holds.</summary>
    public static Task HoldsAsync(
        Func<Task<bool>> condition,
        Func<string>? describe = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => GetAsync(condition, holds => holds, _ => describe?.Invoke() ?? "nothing else is known", text);

    /// <summary>Returns when the condition holds.</summary>
    public static Task HoldsAsync(
        Func<bool> condition,
        Func<string>? describe = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => HoldsAsync(() => Task.FromResult(condition()), describe, text);
}
