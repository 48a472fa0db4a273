namespace Wyckoff.Ingestor.Samples;

/// <summary>
/// One step of a schedule, a leg or an event. A leg is a random walk of <see cref="Bars"/> sessions to <see cref="Close"/>; its volume and
/// spread are multiples of the ticker's average. An event is one named session; its volume and spread are multiples of the mean of the 20
/// sessions before, and <see cref="Reach"/> is its low or high.
/// </summary>
internal readonly record struct SampleStep(
    int Bars,
    decimal Close,
    decimal Volume,
    decimal Spread,
    string? Event = null,
    decimal Reach = 0
);

/// <summary>
/// The properties of a ticker and the steps of its year. Prices are invented; only their order of magnitude is that of 2024.
/// </summary>
internal sealed record SampleSchedule(
    ulong Seed,
    decimal Start,
    decimal Volatility,
    long Volume,
    int TradeSize,
    int MinuteSessions,
    IReadOnlyList<SampleStep> Steps
)
{
    /// <summary>A decline, an accumulation between 165 and 182 (phases A to D) and a markup.</summary>
    public static SampleSchedule Aapl { get; } =
        new(
            20240102,
            196.40m,
            0.0095m,
            56_000_000,
            92,
            0,
            [
                Leg(8, 199.85m, 0.9m, 0.9m),
                Leg(11, 190.70m, 1.0m, 1.0m),
                Leg(5, 193.90m, 0.8m, 0.8m),
                Leg(12, 182.60m, 1.1m, 1.0m),
                Leg(5, 185.75m, 0.8m, 0.9m),
                Leg(4, 180.30m, 1.1m, 1.0m),
                // Phase A: the decline stops.
                At("PS", 178.15m, 175.40m, 1.9m, 1.6m),
                Leg(4, 180.90m, 0.9m, 0.9m),
                Leg(6, 172.40m, 1.25m, 1.1m),
                At("SC", 169.05m, 165.20m, 3.3m, 2.3m),
                Leg(3, 177.35m, 1.3m, 1.0m),
                At("AR", 180.60m, 181.70m, 1.1m, 1.1m),
                Leg(6, 169.70m, 0.95m, 0.9m),
                At("ST", 167.80m, 166.05m, 0.85m, 0.9m),
                // Phase B: supply is absorbed between the two levels and shrinks at each visit to the lower one.
                Leg(7, 180.10m, 1.0m, 0.8m),
                Leg(3, 178.20m, 0.8m, 0.7m),
                Leg(7, 168.90m, 0.8m, 0.75m),
                At("ST", 168.35m, 166.60m, 0.7m, 0.8m),
                Leg(8, 180.35m, 0.9m, 0.75m),
                Leg(9, 168.20m, 0.65m, 0.65m),
                // Phase C: the spring shakes out the last sellers; the test shows little volume.
                Leg(2, 166.55m, 0.65m, 0.6m),
                At("Spring", 166.30m, 162.85m, 0.6m, 1.5m),
                Leg(4, 170.90m, 0.8m, 0.7m),
                Leg(2, 168.20m, 0.5m, 0.5m),
                At("Test", 168.05m, 166.70m, 0.5m, 0.7m),
                // Phase D: the price leaves the range upwards, and the old resistance holds as support.
                Leg(6, 177.10m, 1.0m, 0.8m),
                Leg(2, 179.30m, 0.95m, 0.7m),
                At("SOS", 185.55m, 186.20m, 2.4m, 2.6m),
                Leg(2, 187.30m, 1.2m, 0.9m),
                Leg(3, 184.30m, 0.6m, 0.7m),
                At("LPS", 183.55m, 182.50m, 0.6m, 0.7m),
                // Phase E: markup.
                Leg(10, 196.20m, 1.15m, 0.9m),
                Leg(5, 192.80m, 0.75m, 0.8m),
                Leg(12, 207.60m, 1.05m, 0.9m),
                Leg(7, 202.90m, 0.7m, 0.8m),
                Leg(14, 219.40m, 1.0m, 0.9m),
                Leg(9, 212.30m, 0.8m, 0.9m),
                Leg(15, 228.70m, 0.95m, 0.9m),
                Leg(10, 222.10m, 0.75m, 0.85m),
                Leg(14, 236.80m, 0.9m, 0.85m),
                Leg(7, 231.90m, 0.7m, 0.8m),
                Leg(12, 246.35m, 0.85m, 0.8m),
                Leg(9, 243.10m, 0.6m, 0.8m),
            ]
        );

    /// <summary>A markup, a distribution between 288 and 344, a markdown, a base and a recovery.</summary>
    public static SampleSchedule Tsla { get; } =
        new(
            20240103,
            214.60m,
            0.021m,
            92_000_000,
            68,
            0,
            [
                Leg(9, 238.50m, 0.9m, 0.9m),
                Leg(5, 229.30m, 0.75m, 0.8m),
                Leg(12, 268.20m, 1.0m, 0.9m),
                Leg(5, 257.90m, 0.8m, 0.8m),
                Leg(10, 301.40m, 1.15m, 0.9m),
                // Phase A: the advance stops.
                At("PSY", 307.10m, 318.60m, 1.9m, 1.6m),
                Leg(3, 303.40m, 0.9m, 0.45m),
                Leg(5, 324.80m, 1.3m, 0.5m),
                At("BC", 327.40m, 343.80m, 3.1m, 2.1m),
                Leg(4, 300.70m, 1.3m, 0.9m),
                At("AR", 292.40m, 287.60m, 1.2m, 1.1m),
                Leg(7, 331.60m, 0.9m, 0.75m),
                At("ST", 335.20m, 340.10m, 0.85m, 0.8m),
                // Phase B: the price moves between the two levels.
                Leg(8, 299.40m, 1.0m, 0.7m),
                Leg(7, 326.80m, 0.75m, 0.65m),
                Leg(8, 296.30m, 1.0m, 0.65m),
                Leg(8, 333.40m, 0.85m, 0.6m),
                // Phase C: the last buyers are trapped above the range.
                At("UTAD", 336.90m, 346.70m, 1.8m, 1.4m),
                Leg(5, 311.80m, 1.2m, 0.8m),
                Leg(4, 299.60m, 1.1m, 0.7m),
                // Phase D: supply breaks the lower level, and the rally back to it is weak.
                At("SOW", 276.30m, 274.20m, 2.2m, 1.9m),
                Leg(2, 270.80m, 1.2m, 0.8m),
                Leg(4, 281.20m, 0.65m, 0.6m),
                At("LPSY", 280.90m, 285.30m, 0.6m, 0.7m),
                // Phase E: markdown, a selling climax, a quiet base and a recovery.
                Leg(9, 246.70m, 1.15m, 0.8m),
                Leg(4, 254.60m, 0.75m, 0.8m),
                Leg(11, 214.80m, 1.1m, 0.85m),
                Leg(4, 222.30m, 0.8m, 0.8m),
                Leg(6, 196.40m, 1.25m, 0.9m),
                At("SC", 187.60m, 177.90m, 2.8m, 2.1m),
                Leg(4, 207.80m, 1.2m, 0.9m),
                At("AR", 211.30m, 214.20m, 1.1m, 1.0m),
                Leg(8, 190.20m, 0.85m, 0.8m),
                Leg(9, 208.60m, 0.8m, 0.75m),
                Leg(10, 192.40m, 0.65m, 0.65m),
                Leg(8, 209.80m, 0.85m, 0.7m),
                At("SOS", 221.90m, 223.60m, 2.0m, 1.9m),
                Leg(5, 216.70m, 0.7m, 0.7m),
                Leg(13, 256.30m, 1.1m, 0.85m),
                Leg(6, 246.10m, 0.75m, 0.8m),
                Leg(14, 289.70m, 1.0m, 0.85m),
                Leg(7, 275.80m, 0.8m, 0.8m),
                Leg(13, 322.40m, 0.95m, 0.8m),
                Leg(5, 311.60m, 0.75m, 0.8m),
            ]
        );

    /// <summary>An advance, a re-accumulation between 514 and 540 and an advance. The last 20 sessions also have minute bars.</summary>
    public static SampleSchedule Spy { get; } =
        new(
            20240104,
            472.30m,
            0.0064m,
            64_000_000,
            118,
            20,
            [
                Leg(7, 469.80m, 0.95m, 0.9m),
                Leg(18, 490.60m, 0.95m, 0.85m),
                Leg(5, 486.10m, 0.9m, 0.9m),
                Leg(18, 508.30m, 0.95m, 0.85m),
                Leg(6, 503.20m, 0.9m, 0.9m),
                Leg(15, 527.40m, 1.0m, 0.85m),
                At("PSY", 529.60m, 533.10m, 1.7m, 1.5m),
                Leg(3, 526.70m, 0.9m, 0.8m),
                Leg(4, 534.80m, 1.1m, 0.9m),
                At("BC", 535.20m, 540.30m, 2.6m, 1.9m),
                Leg(4, 520.10m, 1.3m, 0.9m),
                At("AR", 516.90m, 514.20m, 1.2m, 1.2m),
                Leg(7, 531.40m, 0.9m, 0.6m),
                Leg(8, 520.60m, 0.9m, 0.7m),
                Leg(8, 535.90m, 0.8m, 0.7m),
                Leg(8, 518.20m, 0.7m, 0.65m),
                At("Spring", 515.10m, 508.90m, 0.65m, 1.7m),
                Leg(4, 523.30m, 0.8m, 0.5m),
                Leg(2, 518.90m, 0.5m, 0.5m),
                At("Test", 518.60m, 515.90m, 0.5m, 0.7m),
                Leg(7, 535.80m, 0.95m, 0.7m),
                At("SOS", 546.30m, 547.20m, 1.9m, 2.0m),
                Leg(2, 548.90m, 1.1m, 0.9m),
                Leg(4, 543.60m, 0.65m, 0.7m),
                At("LPS", 543.20m, 540.80m, 0.6m, 0.7m),
                Leg(16, 562.40m, 0.9m, 0.85m),
                Leg(6, 555.70m, 0.9m, 0.95m),
                Leg(17, 574.20m, 0.85m, 0.8m),
                Leg(8, 566.90m, 0.9m, 0.95m),
                Leg(16, 584.80m, 0.8m, 0.8m),
                Leg(10, 577.30m, 0.9m, 0.95m),
                Leg(16, 596.40m, 0.85m, 0.8m),
                Leg(12, 603.10m, 0.75m, 0.8m),
                Leg(6, 591.20m, 1.1m, 1.1m),
                Leg(5, 597.60m, 0.7m, 0.9m),
                Leg(3, 589.40m, 0.8m, 0.9m),
            ]
        );

    private static SampleStep Leg(int bars, decimal close, decimal volume, decimal spread) => new(bars, close, volume, spread);

    private static SampleStep At(string name, decimal close, decimal reach, decimal volume, decimal spread) =>
        new(1, close, volume, spread, name, reach);
}
