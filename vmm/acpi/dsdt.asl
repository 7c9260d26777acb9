/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsdt.asl - the devices that no bus announces: the PCI host bridge, the serial port, the power
 * button and what wakes it, soft-off.
 *
 * The same for every guest. What differs from run to run is a handful of integers, which the SSDT
 * that ssdt.c writes defines; they are read when a method runs, after both tables are loaded.
 * ACPI 6.4, 19 (ASL), 6.2.11 (_OSC), 6.2.13 (_PRT), 5.6.9 (GED); PCI Firmware 3.3, 4.5 (_OSC).
 */
DefinitionBlock ("", "DSDT", 2, "THOLE ", "THOLEVMM", 0x00000001)
{
    External (\ECMB, IntObj) // ECAM: base
    External (\ECML, IntObj) //       length
    External (\IOWB, IntObj) // PCI I/O window: base
    External (\IOWL, IntObj) //                 length
    External (\M32B, IntObj) // 32-bit PCI memory window: base
    External (\M32L, IntObj) //                           length
    External (\M64B, IntObj) // 64-bit PCI memory window: base
    External (\M64L, IntObj) //                           length, 0: no such window
    External (\PGSI, IntObj) // first of the eight interrupt lines of PCI INTx
    External (\OSCM, IntObj) // what _OSC hands over
    External (\UPRT, IntObj) // serial port: first I/O port, 0: no such device
    External (\UGSI, IntObj) //              interrupt line
    External (\GEDB, IntObj) // event register: address, 0: no such device
    External (\GEDI, IntObj) //                 interrupt line
    External (\SLPC, IntObj) // sleep control register's I/O port
    External (\SLPS, IntObj) // sleep status register's I/O port
    External (\RSTP, IntObj) // reset register's I/O port

    // SLP_TYP to write for soft-off: ACPI_SLEEP_TYPE_S5 in acpi.h.
    Name (\_S5, Package (0x04) { 0x05, Zero, Zero, Zero })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_UID, Zero)
            Name (_SEG, Zero)
            Name (_BBN, Zero)

            Method (_CRS, 0, Serialized)
            {
                Name (LOWR, ResourceTemplate ()
                {
                    WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                        0x0000, 0x0000, 0x0000, 0x0000, 0x0001, , , BUSR)
                    IO (Decode16, 0x0CF8, 0x0CF8, 0x01, 0x08)
                    WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                        0x0000, 0x0000, 0x0000, 0x0000, 0x0001, , , IOWR)
                    DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                        ReadWrite, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000001,
                        , , M32R)
                })
                CreateWordField (LOWR, BUSR._MAX, BMAX)
                CreateWordField (LOWR, BUSR._LEN, BLEN)
                CreateWordField (LOWR, IOWR._MIN, IMIN)
                CreateWordField (LOWR, IOWR._MAX, IMAX)
                CreateWordField (LOWR, IOWR._LEN, ILEN)
                CreateDWordField (LOWR, M32R._MIN, LMIN)
                CreateDWordField (LOWR, M32R._MAX, LMAX)
                CreateDWordField (LOWR, M32R._LEN, LLEN)
                BLEN = (\ECML >> 20) // a bus has 1 MiB of ECAM
                BMAX = (BLEN - One)
                IMIN = \IOWB
                ILEN = \IOWL
                IMAX = ((\IOWB + \IOWL) - One)
                LMIN = \M32B
                LLEN = \M32L
                LMAX = ((\M32B + \M32L) - One)
                If ((\M64L == Zero))
                {
                    Return (LOWR)
                }

                Name (HIGR, ResourceTemplate ()
                {
                    QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                        ReadWrite, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
                        0x0000000000000000, 0x0000000000000001, , , M64R)
                })
                CreateQWordField (HIGR, M64R._MIN, HMIN)
                CreateQWordField (HIGR, M64R._MAX, HMAX)
                CreateQWordField (HIGR, M64R._LEN, HLEN)
                HMIN = \M64B
                HLEN = \M64L
                HMAX = ((\M64B + \M64L) - One)
                Return (ConcatenateResTemplate (LOWR, HIGR))
            }

            // INTx of slot s, pin p (0 is INTA) is line PGSI + (s + p) % 8: acpi_pci_gsi().
            Method (_PRT, 0, Serialized)
            {
                Local0 = Package (0x80) {}
                Local1 = Zero
                While ((Local1 < 0x80))
                {
                    Local2 = (Local1 >> 0x02)
                    Local3 = (Local1 & 0x03)
                    Local4 = Package (0x04) { Zero, Zero, Zero, Zero }
                    Local4 [Zero] = ((Local2 << 0x10) | 0xFFFF)
                    Local4 [One] = Local3
                    Local4 [0x03] = (\PGSI + ((Local2 + Local3) & 0x07))
                    Local0 [Local1] = Local4
                    Local1++
                }

                Return (Local0)
            }

            // Hand over what OSCM names, whoever asks; the platform keeps nothing for itself.
            Method (_OSC, 4, Serialized)
            {
                CreateDWordField (Arg3, Zero, CDW1)
                If ((Arg0 != ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766")))
                {
                    CDW1 |= 0x04 // unknown UUID
                    Return (Arg3)
                }

                If ((Arg1 != One))
                {
                    CDW1 |= 0x08 // unknown revision
                }

                If ((Arg2 >= 0x03))
                {
                    CreateDWordField (Arg3, 0x08, CDW3)
                    Local0 = (CDW3 & \OSCM)
                    If ((Local0 != CDW3))
                    {
                        CDW1 |= 0x10 // not all was granted
                    }

                    CDW3 = Local0
                }

                Return (Arg3)
            }
        }

        // Keeps guests from putting anything else there; Linux wants to find the ECAM here.
        Device (MBRD)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, Zero)
            Method (_CRS, 0, Serialized)
            {
                Name (RBUF, ResourceTemplate ()
                {
                    Memory32Fixed (ReadWrite, 0x00000000, 0x00000000, ECAM)
                    IO (Decode16, 0x0000, 0x0000, 0x01, 0x01, SLCR)
                    IO (Decode16, 0x0000, 0x0000, 0x01, 0x01, SLSR)
                    IO (Decode16, 0x0000, 0x0000, 0x01, 0x01, RSTR)
                })
                CreateDWordField (RBUF, ECAM._BAS, EBAS)
                CreateDWordField (RBUF, ECAM._LEN, ELEN)
                CreateWordField (RBUF, SLCR._MIN, CMIN)
                CreateWordField (RBUF, SLCR._MAX, CMAX)
                CreateWordField (RBUF, SLSR._MIN, SMIN)
                CreateWordField (RBUF, SLSR._MAX, SMAX)
                CreateWordField (RBUF, RSTR._MIN, RMIN)
                CreateWordField (RBUF, RSTR._MAX, RMAX)
                EBAS = \ECMB
                ELEN = \ECML
                CMIN = \SLPC
                CMAX = \SLPC
                SMIN = \SLPS
                SMAX = \SLPS
                RMIN = \RSTP
                RMAX = \RSTP
                Return (RBUF)
            }
        }

        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, Zero)
            Method (_STA, 0, NotSerialized)
            {
                If ((\UPRT == Zero))
                {
                    Return (Zero)
                }

                Return (0x0F)
            }

            Method (_CRS, 0, Serialized)
            {
                Name (RBUF, ResourceTemplate ()
                {
                    IO (Decode16, 0x0000, 0x0000, 0x01, 0x08, PORT)
                    Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, , , LINE) { 0 }
                })
                CreateWordField (RBUF, PORT._MIN, PMIN)
                CreateWordField (RBUF, PORT._MAX, PMAX)
                CreateDWordField (RBUF, LINE._INT, GSIV)
                PMIN = \UPRT
                PMAX = \UPRT
                GSIV = \UGSI
                Return (RBUF)
            }
        }

        Device (PWRB)
        {
            Name (_HID, EisaId ("PNP0C0C"))
            Name (_UID, Zero)
            Method (_STA, 0, NotSerialized)
            {
                If ((\GEDB == Zero))
                {
                    Return (Zero)
                }

                Return (0x0F)
            }
        }

        // Generic event device: its interrupt says that the event register has something.
        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, Zero)
            Method (_STA, 0, NotSerialized)
            {
                If ((\GEDB == Zero))
                {
                    Return (Zero)
                }

                Return (0x0F)
            }

            Method (_CRS, 0, Serialized)
            {
                Name (RBUF, ResourceTemplate ()
                {
                    Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, , , LINE) { 0 }
                })
                CreateDWordField (RBUF, LINE._INT, GSIV)
                GSIV = \GEDI
                Return (RBUF)
            }

            Method (_EVT, 1, Serialized)
            {
                OperationRegion (EVRG, SystemMemory, \GEDB, 0x04)
                Field (EVRG, DWordAcc, NoLock, Preserve)
                {
                    EVNT, 32
                }

                Local0 = EVNT // reading takes the events away: ACPI_GED_EVENTS in acpi.h
                If ((Local0 & One))
                {
                    Notify (PWRB, 0x80)
                }
            }
        }
    }
}
