using System.Reflection;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Options that differ in a few values from others.</summary>
public static class OptionsExtensions
{
    private static readonly MethodInfo Clone = typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Makes changed options; the ones given stay as they are. What is nested in them is shared.</summary>
    public static T With<T>(this T options, Action<T> change)
        where T : class
    {
        var copy = (T)Clone.Invoke(options, null)!;
        change(copy);
        return copy;
    }
}
