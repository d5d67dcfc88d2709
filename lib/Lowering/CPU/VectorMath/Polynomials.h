//===- Polynomials.h - Coefficients of the vector functions -------*- C -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Chebyshev interpolants made in 60 digits, lowest power first; each stays below half an ulp
// of what it is used for. _F: for f32, _D: for f64, _P: for f32 results computed in f64.
//
//===----------------------------------------------------------------------===//
// (e^x - 1 - x) / x^2 on |x| <= ln(2)/2
static const float EXP_F[] = {0x1.0000000000000p-1f, 0x1.5554dc0000000p-3f, 0x1.55551a0000000p-5f,
                              0x1.120b6e0000000p-7f, 0x1.6d110a0000000p-10f};
static const double EXP_D[] = {0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,
                               0x1.11111111100dcp-7,  0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13,
                               0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19, 0x1.27e4db646b177p-22,
                               0x1.af4de97ca4196p-26, 0x1.1f73034987465p-29};
static const double EXP_P[] = {0x1.0000000000000p-1,  0x1.55555567532adp-3,  0x1.5555555c87148p-5, 0x1.1110c632a3088p-7,
                               0x1.6c16858b7acafp-10, 0x1.a15179d80ae99p-13, 0x1.a1132015bb2f2p-16};
// (log(1+f) - f + f^2/2) / f^3 on [sqrt(1/2)-1, sqrt(2)-1]
static const float LOG_F[] = {0x1.5555540000000p-2f,  -0x1.fffffc0000000p-3f, 0x1.999d5a0000000p-3f,
                              -0x1.555b4a0000000p-3f, 0x1.23d21a0000000p-3f,  -0x1.fcf4c60000000p-4f,
                              0x1.dea2820000000p-4f,  -0x1.d635bc0000000p-4f, 0x1.1d8ea60000000p-4f};
// (2 atanh(s)/s - 2) / z, z = s^2, s = f/(2+f)
static const double LOG_D[] = {0x1.5555555555558p-1, 0x1.99999999952e2p-2, 0x1.2492492df148dp-2, 0x1.c71c62e5800a1p-3,
                               0x1.7462b4ab2ef6ep-3, 0x1.39fe606542d88p-3, 0x1.2b584aae78e23p-3};
// the same, shorter
static const double LOG_P[] = {0x1.5555554bb2b2cp-1, 0x1.9999eb5d84f15p-2, 0x1.245c438323e88p-2, 0x1.ddced7078e070p-3};
// ((atanh(s)/s - 1) / z - 1/3) / z
static const double LOG_DD[] = {0x1.999999999999ap-3, 0x1.2492492492521p-3, 0x1.c71c71c6eaa8dp-4, 0x1.745d177a8f200p-4,
                                0x1.3b1395d4f9e5fp-4, 0x1.1118c74823a32p-4, 0x1.df7ce9a6bcc0fp-5, 0x1.e02d197c0139ap-5};
// (sin(x)/x - 1) / z, z = x^2, |x| <= pi/4
static const float SIN_F[] = {-0x1.5555560000000p-3f, 0x1.11110e0000000p-7f, -0x1.a013a40000000p-13f,
                              0x1.6dbcfc0000000p-19f};
// (cos(x) - 1 + z/2) / z^2
static const float COS_F[] = {0x1.5555560000000p-5f, -0x1.6c16c00000000p-10f, 0x1.a015c20000000p-16f,
                              -0x1.25239a0000000p-22f};
static const double SIN_D[] = {-0x1.5555555555555p-3, 0x1.1111111111110p-7,   -0x1.a01a01a01992fp-13,
                               0x1.71de3a545f836p-19, -0x1.ae645410e937bp-26, 0x1.61217d9252c03p-33,
                               -0x1.ab16f5caa1913p-41};
static const double COS_D[] = {0x1.5555555555555p-5,   -0x1.6c16c16c16c16p-10, 0x1.a01a01a019d06p-16,
                               -0x1.27e4fb77125c5p-22, 0x1.1eed8deac3dfep-29,  -0x1.9394b8bd50ae1p-37,
                               0x1.ab779550c8d31p-45};
// (atan(x)/x - 1) / z, |x| <= tan(pi/8)
static const float ATAN_F[] = {-0x1.5555540000000p-2f, 0x1.9997300000000p-3f, -0x1.24202e0000000p-3f,
                               0x1.b80f880000000p-4f, -0x1.08432c0000000p-4f};
static const double ATAN_D[] = {-0x1.5555555555555p-2, 0x1.9999999999953p-3,  -0x1.249249248d7dcp-3,
                                0x1.c71c71c303dbbp-4,  -0x1.745d165dc9713p-4, 0x1.3b1392d519db1p-4,
                                -0x1.110e87b4357cfp-4, 0x1.e19a0bfa3eec2p-5,  -0x1.ac7a5a79b3daep-5,
                                0x1.74dccfb93f9a7p-5,  -0x1.1b311bb48b2c9p-5, 0x1.0acd9e91a39e6p-6};
// (asin(x)/x - 1) / z, |x| <= 1/2
static const float ASIN_F[] = {0x1.5555540000000p-3f, 0x1.3334300000000p-4f, 0x1.6d5bba0000000p-5f,
                               0x1.fd8da20000000p-6f, 0x1.18f91e0000000p-6f, 0x1.13fed40000000p-5f};
static const double ASIN_D[] = {0x1.5555555555555p-3,  0x1.3333333333388p-4, 0x1.6db6db6dac1e0p-5, 0x1.f1c71c7a52ba3p-6,
                                0x1.6e8ba123e494cp-6,  0x1.1c4efce23019fp-6, 0x1.c990ad3d8fdb9p-7, 0x1.7b027ee1dd647p-7,
                                0x1.3b49de7120e99p-7,  0x1.31622469d05cbp-7, 0x1.8f19374324033p-9, 0x1.406192d12d325p-6,
                                -0x1.3b416bb7e56e7p-6, 0x1.e529c6fcf1546p-6};
// erf(x)/x - 1, z = x^2, |x| <= 1
static const float ERF_F[] = {0x1.06eba80000000p-3f,  -0x1.8127460000000p-2f, 0x1.ce2f080000000p-4f,
                              -0x1.b829c80000000p-6f, 0x1.562a600000000p-8f,  -0x1.bccf660000000p-11f,
                              0x1.d887500000000p-14f, -0x1.445f480000000p-17f};
static const double ERF_D[] = {0x1.06eba8214db69p-3,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b30p-4,
                               -0x1.b82ce31284e00p-6,  0x1.565bcd0dbaa38p-8,   -0x1.c02db3dac435fp-11,
                               0x1.f9a321d5b8e1ep-14,  -0x1.f4d1e3183f7adp-17, 0x1.b9df224ca4b91p-20,
                               -0x1.5f1ecb6f0761ap-23, 0x1.f7b4bf3b13754p-27,  -0x1.389d4f2640fe7p-30,
                               0x1.05ffd737fa28dp-34};
// log(erfc(x)) on [1, 3.95]
static const float ERFTAIL_F[] = {0x1.595b1e0000000p-12f, -0x1.2159820000000p+0f,  -0x1.4375ba0000000p-1f,
                                  -0x1.c329b00000000p-4f, 0x1.b188f80000000p-6f,   -0x1.38e1a20000000p-8f,
                                  0x1.3a9a160000000p-11f, -0x1.85bbee0000000p-15f, 0x1.bd26ec0000000p-20f};
// erfc(x) e^(x^2) (1 + ERFC_SLOPE x) - 1 on [0, 10.2], the even and the odd powers of (x-3)/(x+3); 0 at x = 0
#define ERFC_SLOPE 1.40625f
static const float ERFC_EVEN_F[] = {-0x1.0dabe20000000p-4, 0x1.4359ee0000000p-5,  -0x1.005f160000000p-4,
                                    -0x1.fa24ea0000000p-7, 0x1.3cafe00000000p-10, -0x1.8e89f20000000p-13};
static const float ERFC_ODD_F[] = {-0x1.89a4f80000000p-3, 0x1.7dae320000000p-5, 0x1.4e0a7c0000000p-5,
                                   0x1.0b38d20000000p-9, -0x1.31a72c0000000p-11};
// erfc(x) e^(x^2) (1 + 2x) as a function of (x-3)/(x+3) on [0.5, 28]
static const double ERFC_D[] = {
    0x1.40c522d7e4987p+0,  -0x1.15c084bb9e8f3p-3,  -0x1.85a15c58aa5cdp-5,  0x1.098366a5b469fp-3,
    -0x1.e88b803a49382p-4, 0x1.17ca2877f1b96p-4,   -0x1.8574c40bc9d50p-6,  0x1.4b884e42861a1p-9,
    0x1.ef1bdd40858dcp-10, -0x1.98db50d1c3287p-11, -0x1.b9126ebf84e73p-14, 0x1.065a30a9dc77bp-13,
    0x1.4c221e37ce03ap-18, -0x1.513a75424fddcp-16, -0x1.87f201dede1b8p-21, 0x1.d1f3d7398a52ep-19,
    0x1.7ab395aca7f6fp-22, -0x1.49fabdaa96b57p-21, -0x1.2074eb1cf1be9p-23, 0x1.a83b948567118p-24,
    0x1.260f249331764p-25, -0x1.6e431629a0bc2p-27, -0x1.293cb9f55ae0fp-28};
// 64 zeros and the first 1280 bits of 2/pi, for arguments of any size.
static const uint64_t TWO_OVER_PI[] = {0,
                                       0xa2f9836e4e441529u,
                                       0xfc2757d1f534ddc0u,
                                       0xdb6295993c439041u,
                                       0xfe5163abdebbc561u,
                                       0xb7246e3a424dd2e0u,
                                       0x06492eea09d1921cu,
                                       0xfe1deb1cb129a73eu,
                                       0xe88235f52ebb4484u,
                                       0xe99c7026b45f7e41u,
                                       0x3991d639835339f4u,
                                       0x9c845f8bbdf9283bu,
                                       0x1ff897ffde05980fu,
                                       0xef2f118b5a0a6d1fu,
                                       0x6d367ecf27cb09b7u,
                                       0x4f463f669e5fea2du,
                                       0x7527bac7ebe5f17bu,
                                       0x3d0739f78a5292eau,
                                       0x6bfb5fb11f8d5d08u,
                                       0x56033046fc7b6babu,
                                       0xf0cfbc209af4361du};
