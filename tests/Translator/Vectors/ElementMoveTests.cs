using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

/// <summary>Masked moves and gathers where some elements have no memory (SDM 2C, VMASKMOV, VGATHERDPS).</summary>
[Collection(HostPages.Collection)]
public unsafe class ElementMoveTests
{
    private const uint Chosen = 0x80000000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_gather_that_faults_keeps_what_it_has_and_goes_on_from_there(bool translated)
    {
        using var bench = new VectorBench(translated);
        for (var i = 0; i < 16; i++) bench.Edge[i * 4] = (byte)(i + 1);
        bench.Registers.Gpr[0] = VectorBench.End - 64;
        uint[] index = [0, 4, 99, 8, 64, 12, 16, 20];
        index.CopyTo(bench.Lanes(1));
        bench.Lanes(2).Fill(Chosen);
        bench.Lanes(2)[2] = 0x7fffffff;
        bench.Lanes(0).Fill(0xdead);

        // vpgatherdd ymm0, [rax+ymm1], ymm2: element 4 is beyond the end.
        const string gather = "c4e26d900408";
        Assert.Equal(VectorBench.PageFault, bench.Run(gather));
        Assert.Equal([1, 2, 0xdead, 3, 0xdead, 0xdead, 0xdead, 0xdead], bench.Lanes(0).ToArray());
        Assert.Equal([0, 0, 0, 0, ~0u, ~0u, ~0u, ~0u], bench.Lanes(2).ToArray());

        bench.Lanes(1)[4] = 60;
        Assert.Equal(VectorBench.None, bench.Run(gather));
        Assert.Equal([1, 2, 0xdead, 3, 16, 4, 5, 6], bench.Lanes(0).ToArray());
        Assert.Equal(new uint[8], bench.Lanes(2).ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_masked_load_reads_chosen_elements_only(bool translated)
    {
        using var bench = new VectorBench(translated);
        bench.Edge[^4] = 7;
        bench.Registers.Gpr[0] = VectorBench.End - 4;
        bench.Lanes(2)[0] = Chosen;
        bench.Lanes(0).Fill(0xdead);
        Assert.Equal(VectorBench.None, bench.Run("c4e26d2c00"));     // vmaskmovps ymm0, ymm2, [rax]
        Assert.Equal([7, 0, 0, 0, 0, 0, 0, 0], bench.Lanes(0).ToArray());

        bench.Lanes(2)[1] = Chosen;
        Assert.Equal(VectorBench.PageFault, bench.Run("c4e26d2c00"));
        Assert.Equal([7, 0, 0, 0, 0, 0, 0, 0], bench.Lanes(0).ToArray());

        bench.Lanes(2).Clear();
        bench.Registers.Gpr[0] = VectorBench.End;
        Assert.Equal(VectorBench.None, bench.Run("c4e26d2c00"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_masked_store_writes_chosen_elements_only_and_all_or_none(bool translated)
    {
        using var bench = new VectorBench(translated);
        bench.Edge.Fill(0xee);
        bench.Registers.Gpr[0] = VectorBench.End - 8;
        for (var i = 0; i < 8; i++) bench.Lanes(0)[i] = (uint)i;
        bench.Lanes(2)[1] = Chosen;
        Assert.Equal(VectorBench.None, bench.Run("c4e26d2e00"));     // vmaskmovps [rax], ymm2, ymm0
        Assert.Equal("eeeeeeee01000000", Convert.ToHexStringLower(bench.Edge[^8..]));

        bench.Lanes(0)[1] = 9;
        bench.Lanes(2)[2] = Chosen;
        Assert.Equal(VectorBench.PageFault, bench.Run("c4e26d2e00"));
        Assert.Equal("eeeeeeee01000000", Convert.ToHexStringLower(bench.Edge[^8..]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Indices_are_signed_and_wrap_at_the_address_size(bool translated)
    {
        using var bench = new VectorBench(translated);
        bench.Edge[32] = 5;
        bench.Registers.Gpr[0] = 0xffff_ffff_0000_0000 | (VectorBench.End + 0x40);
        bench.Lanes(1)[0] = unchecked((uint)-24);
        bench.Lanes(2)[0] = Chosen;
        Assert.Equal(VectorBench.None, bench.Run("67c4e269900488"));     // vpgatherdd xmm0, [eax+xmm1*4], xmm2
        Assert.Equal(5u, bench.Lanes(0)[0]);
    }

    [Theory]
    [InlineData("c5fc2800", 16, VectorBench.GeneralProtection)]     // vmovaps ymm0, [rax]
    [InlineData("c5fc2800", 32, VectorBench.None)]
    [InlineData("c5f82800", 16, VectorBench.None)]                  // vmovaps xmm0, [rax]
    [InlineData("c5f82800", 8, VectorBench.GeneralProtection)]
    [InlineData("c5fc2900", 16, VectorBench.GeneralProtection)]     // vmovaps [rax], ymm0
    [InlineData("c5fc1000", 1, VectorBench.None)]                   // vmovups
    public void Misaligned_operands_of_aligned_moves_are_protection_faults(string hex, int offset, int vector)
    {
        using var bench = new VectorBench(translated: true);
        bench.Registers.Gpr[0] = Arena.Address + Arena.DataOffset + (uint)offset;
        Assert.Equal(vector, bench.Run(hex));
    }

    [Fact]
    public void A_wide_store_over_the_end_writes_nothing()
    {
        using var bench = new VectorBench(translated: true);
        bench.Edge.Fill(0xee);
        bench.Registers.Gpr[0] = VectorBench.End - 31;
        Assert.Equal(VectorBench.PageFault, bench.Run("c5fc1100"));     // vmovups [rax], ymm0
        Assert.False(bench.Edge.ContainsAnyExcept((byte)0xee));
    }
}
