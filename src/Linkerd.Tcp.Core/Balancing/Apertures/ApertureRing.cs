using Linkerd.Tcp.Balancing.Composition;

namespace Linkerd.Tcp.Balancing.Apertures;

/// <summary>The endpoints that an instance uses, with their weights: <see cref="ApertureOptions"/> has the idea.</summary>
internal static class ApertureRing
{
    /// <summary>
    /// The endpoints stand on a ring of length 1, each on an arc as long as its share of the weights; of P instances number i uses [i/P, (i + k)/P). Every
    /// point belongs to k instances, so that together they load each endpoint by the length of its arc: exactly by its weight.
    /// </summary>
    /// <param name="members">The endpoints, in an order that is the same in all instances.</param>
    /// <param name="options">The number of this instance, and of all.</param>
    /// <param name="inside">Those that it uses, by the length of the overlap.</param>
    /// <param name="outside">The others.</param>
    public static void Split(ReadOnlySpan<GroupMember> members, ApertureOptions options, out GroupMember[] inside, out GroupMember[] outside)
    {
        var ends = Ends(members);
        var instances = Instances(ends, options);
        if (instances >= options.Instances)
        {
            (inside, outside) = (members.ToArray(), []);
            return;
        }

        var used = new List<GroupMember>();
        var others = new List<GroupMember>();
        var from = (double)options.Instance / options.Instances;
        var to = (double)(options.Instance + instances) / options.Instances;
        for (var i = 0; i < members.Length; i++)
        {
            var start = i == 0 ? 0 : ends[i - 1];

            // Beyond the end of the ring it goes on at its beginning.
            var overlap = Overlap(start, ends[i], from, to) + Overlap(start, ends[i], from - 1, to - 1);

            // Less than that is not an overlap but the rounding of one that ends there.
            if (overlap > 1e-12)
            {
                used.Add(members[i] with { Weight = overlap });
            }
            else
            {
                others.Add(members[i]);
            }
        }

        (inside, outside) = ([.. used], [.. others]);
    }

    private static double Overlap(double start, double end, double from, double to) => Math.Max(0, Math.Min(end, to) - Math.Max(start, from));

    // The end of each arc.
    private static double[] Ends(ReadOnlySpan<GroupMember> members)
    {
        var ends = WeightedSlot.Scale(members, double.Epsilon);
        var sum = 0.0;
        for (var i = 0; i < ends.Length; i++)
        {
            sum += ends[i];
            ends[i] = sum;
        }

        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] /= sum;
        }

        return ends;
    }

    // The number of instances' parts that make an aperture wide enough for the least number of endpoints to be in it wherever it begins. All instances have
    // the same result, as it depends on nothing of their own.
    private static int Instances(double[] ends, ApertureOptions options)
    {
        var least = options.MinimumSize;
        if (least >= ends.Length)
        {
            return options.Instances;
        }

        var width = 0.0;
        for (var i = 0; i < ends.Length; i++)
        {
            var start = i == 0 ? 0 : ends[i - 1];
            var last = i + least - 1;
            width = Math.Max(width, (last < ends.Length ? ends[last] : ends[last - ends.Length] + 1) - start);
        }

        return (int)Math.Min(options.Instances, Math.Ceiling((width * options.Instances) - 1e-9));
    }
}
