namespace Wyckoff.Bars.Reading;

/// <summary>Receives bars, oldest first.</summary>
public interface IBarSink
{
    void Add(in BarRow row);

    /// <summary>Called after the last bar.</summary>
    void End();
}
