"""The vocabulary of a big general shop in Spanish; in each list the most frequent come first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Department:
    name: str
    mark: str
    """What its SKUs begin with."""
    nouns: tuple[str, ...]
    materials: tuple[str, ...]
    features: tuple[str, ...]
    measures: tuple[str, ...]
    sizes: tuple[str, ...]
    price: float
    """Of a usual article, in pesos."""


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split(",") if part.strip())


def _department(name: str, mark: str, price: float, nouns: str, materials: str, features: str,
                measures: str, sizes: str = "") -> Department:  # fmt: skip
    return Department(name, mark, _list(nouns), _list(materials), _list(features), _list(measures),
                      tuple(sizes.split(" | ")) if sizes else (), price)  # fmt: skip


COLORS = _list("""negro, blanco, azul, rojo, gris, verde, rosa, beige, café, amarillo, morado, naranja,
    plateado, dorado, turquesa, vino, lila, crema, azul marino, verde olivo, coral, mostaza, fucsia,
    menta, celeste, cobre, marfil, terracota, grafito, transparente""")

ADJECTIVES = _list("""portátil, plegable, ajustable, profesional, clásico, moderno, ligero, resistente,
    compacto, infantil, inalámbrico, recargable, impermeable, deportivo, básico, reforzado, ergonómico,
    antideslizante, digital, automático, lavable, universal, eléctrico, manual, decorativo, térmico,
    suave, elástico, mini, extragrande, reversible, acolchado, giratorio, silencioso, apilable, flexible,
    magnético, solar, inteligente, ecológico, rústico, elegante, artesanal, metálico, mate, brillante,
    estampado, liso, bordado, transpirable, hipoalergénico, orgánico, desmontable, telescópico, vintage,
    minimalista, sumergible, antigolpes, multiusos, premium""")

BRANDS = _list("""Nopalera, Kancha, Lunaria, Rambla, Voltara, Tepeyac, Andina, Cumbres, Solvento, Marisol,
    Pampera, Quetzal, Altamira, Brisamar, Condesa, Duraluz, Estelar, Ferrona, Galatea, Horizonte, Itzel,
    Jacaranda, Kumara, Lagunera, Mirador, Norteña, Ocelote, Pacífica, Querétana, Riviera, Santoral, Tulipán,
    Umbral, Verano, Wayra, Xalapa, Yaretzi, Zafiro, Aconcagua, Bambú, Cactus, Delfina, Encina, Fénix,
    Guayaba, Halcón, Iguazú, Jaguar, Koala, Lince, Mistral, Nativa, Orquídea, Patagonia, Quinoa, Relámpago,
    Sierra, Torreón, Urbana, Volcán, Yerbera, Zenit, Amaranto, Boreal, Caribe, Diamante, Eclipse, Frontera,
    Girasol, Huasteca, Imperial, Jade, Kiosko, Lavanda, Magnolia, Nébula, Obsidiana, Primavera, Raíces,
    Soberana""")

AUDIENCES = _list("""para dama, para caballero, para niño, para niña, unisex, para bebé, para mujer,
    para hombre, juvenil""")

DEPARTMENTS = (
    _department("Ropa", "ROP", 320, """camisa, playera, pantalón, vestido, blusa, suéter, chamarra, falda,
        short, sudadera, pijama, calcetines, jean, abrigo, chaleco, leggings, traje de baño, bóxer, gorra,
        bufanda, guantes, cinturón, corbata, bata, overol, camiseta, saco, impermeable, medias, sombrero""",
        """de algodón, de mezclilla, de poliéster, de lino, de lana, de licra, de franela, de encaje,
        de piel""",
        """manga corta, manga larga, cuello redondo, cuello en V, corte recto, slim fit, talla extra,
        con capucha, con cierre, con bolsillos, con botones, de rayas, de cuadros""",
        "paquete de 2, paquete de 3, paquete de 6",
        "CH,M,G,XG | S,M,L,XL | 28,30,32,34,36 | 4,6,8,10,12 | M,G"),
    _department("Calzado", "CAL", 780, """tenis, zapatos, sandalias, botas, botines, pantuflas, mocasines,
        zapatillas, chanclas, huaraches, alpargatas, tacones, flats, zuecos, plantillas""",
        "de piel, de gamuza, de tela, de lona, sintéticos, de hule, de malla, de charol",
        """para correr, para caminar, de casa, de trabajo, con casquillo, de plataforma, de tacón bajo,
        con velcro, de fútbol, para trekking, con agujetas, de descanso""",
        "suela 3 cm, caña 15 cm, tacón 5 cm",
        "22,23,24,25,26 | 25,26,27,28,29 | 36,37,38,39,40 | 39,40,41,42,43 | 17,18,19,20,21"),
    _department("Celulares y accesorios", "CEL", 650, """funda, cargador, audífonos, celular, cable,
        protector de pantalla, batería externa, soporte, adaptador, smartphone, bocina, memoria, reloj,
        tarjeta, aro de luz, manos libres, antena, lápiz táctil, correa, repuesto de pantalla""",
        "de silicón, de vidrio templado, de nailon, de aluminio, de TPU, de policarbonato",
        """USB-C, carga rápida, con Bluetooth 5.3, con micrófono, para iPhone 15, para Galaxy S24, 5G,
        con cancelación de ruido, tipo C a lightning, para auto, doble puerto, resistente al agua""",
        "1 m, 2 m, 128 GB, 256 GB, 64 GB, 20 W, 33 W, 65 W, 10000 mAh, 20000 mAh, 6.5 pulgadas"),
    _department("Computación", "COM", 2400, """mouse, teclado, laptop, monitor, impresora, disco duro,
        memoria RAM, cámara web, router, mochila para laptop, base enfriadora, tinta, tóner, switch, tablet,
        procesador, tarjeta de video, fuente de poder, gabinete, hub, cable de red, micrófono""",
        "de aluminio, de plástico, de fibra, de neopreno",
        """gamer, con luz RGB, mecánico, óptico, USB 3.0, HDMI, Wi-Fi 6, de 15 pulgadas, SSD, NVMe, DDR5,
        full HD, 4K, con teclado numérico, multifuncional, láser""",
        "8 GB, 16 GB, 32 GB, 512 GB, 1 TB, 2 TB, 24 pulgadas, 27 pulgadas, 500 W, 100 ml"),
    _department("TV, audio y video", "TVA", 3900, """televisor, bocina, barra de sonido, proyector,
        pantalla,
        consola, control remoto, soporte para TV, cámara de seguridad, reproductor, antena, amplificador,
        cable HDMI, videojuego, tocadiscos, subwoofer""",
        "de metal, de madera, de plástico ABS",
        """4K, con Bluetooth, smart TV, LED, OLED, full HD, con wifi, de pared, con visión nocturna, dolby,
        para karaoke, de techo""",
        "32 pulgadas, 43 pulgadas, 50 pulgadas, 55 pulgadas, 65 pulgadas, 100 W, 300 W, 1.5 m"),
    _department("Hogar y cocina", "HOG", 410, """sartén, olla, juego de sábanas, vaso, plato, cuchillo,
        cobija,
        almohada, toalla, mantel, cortina, organizador, silla, mesa, repisa, tapete, termo, taza, colchón,
        cubiertos, tabla de picar, molde, colador, jarra, edredón, perchero, bote de basura, escurridor,
        rallador, especiero, canasta, tendedero""",
        """de acero inoxidable, de vidrio, de cerámica, de madera, de plástico, de algodón, de aluminio,
        de silicón, de bambú, de microfibra, de hierro fundido, de peltre""",
        """antiadherente, con tapa, para horno, king size, matrimonial, individual, de 3 niveles, de cocina,
        de baño, para microondas, hermético, con asa, de mesa""",
        """1 litro, 2 litros, 5 litros, 500 ml, 24 cm, 28 cm, 30 cm, 6 piezas, 12 piezas, 20 piezas, 1.8 m,
        juego de 4"""),
    _department("Electrodomésticos", "ELE", 2600, """licuadora, ventilador, cafetera, plancha, freidora
        de aire,
        refrigerador, lavadora, microondas, aspiradora, batidora, tostador, estufa, calefactor, secadora,
        extractor de jugos, horno eléctrico, parrilla, arrocera, waflera, purificador, humidificador,
        máquina de coser, enfriador de aire, deshidratador""",
        "de acero inoxidable, de vidrio, de plástico",
        """de 3 velocidades, de pedestal, de torre, de inducción, de vapor, con temporizador, digital,
        no frost, de 4 quemadores, automática, con filtro HEPA, de inmersión""",
        """600 W, 1000 W, 1500 W, 1.5 litros, 4 litros, 12 tazas, 18 kg, 10 pies, 14 pulgadas,
        220 V"""),
    _department("Iluminación y decoración", "ILU", 290, """lámpara, foco, cuadro, espejo, tira de
        luces, vela,
        florero, reloj de pared, maceta, candelabro, figura, portarretratos, luces de navidad, reflector,
        plafón, cojín, tapiz, planta artificial, difusor, biombo""",
        "de madera, de vidrio, de metal, de cerámica, de mimbre, de yute, de cristal, de resina",
        """LED, de techo, de pie, de buró, colgante, para jardín, con sensor, luz cálida, luz fría,
        con control, de pared, para sala""",
        "9 W, 12 W, 5 m, 10 m, 30 cm, 60 cm, 40x60 cm, paquete de 4"),
    _department("Belleza y cuidado", "BEL", 180, """crema, champú, labial, perfume, jabón, esmalte, brocha,
        desodorante, mascarilla, bloqueador solar, rímel, acondicionador, tinte, cepillo, secadora de
        cabello,
        rastrillo, aceite, base de maquillaje, delineador, sombras, gel, loción, talco, tónico""",
        "de coco, de aloe vera, de argán, de avena, de rosas, de lavanda, de carbón, de miel",
        """hidratante, para piel seca, para cabello rizado, sin sulfatos, con vitamina C, antiedad, de
        noche,
        FPS 50, larga duración, para barba, con ácido hialurónico""",
        "50 ml, 100 ml, 200 ml, 400 ml, 750 ml, 1 litro, 30 g, 150 g, paquete de 3"),
    _department("Deportes y aire libre", "DEP", 560, """balón, mancuernas, bicicleta, tienda de
        campaña, tapete
        de yoga, guantes, casco, mochila, cuerda para saltar, bolsa de dormir, patines, raqueta, linterna,
        ligas, caminadora, hielera, red, silbato, cantimplora, rodilleras, pesa rusa, trampolín, kayak,
        gafas de natación, caña de pescar, patineta""",
        "de neopreno, de nailon, de hule, de acero, de espuma, de cuero sintético",
        """de fútbol, de básquetbol, para 4 personas, de montaña, rodada 26, de box, de entrenamiento,
        para gimnasio, de playa, para ciclismo""",
        "5 kg, 10 kg, 20 kg, 2 m, 30 litros, 45 litros, número 5, 6 mm"),
    _department("Juguetes y juegos", "JUG", 260, """muñeca, rompecabezas, carrito, peluche, bloques, pelota,
        juego de mesa, pista, robot, cocinita, plastilina, avión, dinosaurio, lotería, dominó, cometa,
        casa de muñecas, tren, disfraz, baraja, burbujas, marioneta, triciclo, yoyo""",
        "de madera, de plástico, de tela, de espuma, de cartón",
        """educativo, a control remoto, con sonido, de construcción, coleccionable, con luces, para armar,
        de memoria, musical, didáctico""",
        "50 piezas, 100 piezas, 500 piezas, 1000 piezas, 30 cm, de 3 a 6 años"),
    _department("Despensa y bebidas", "DES", 70, """café, arroz, aceite, galletas, leche, atún, frijol,
        pasta,
        azúcar, té, jugo, salsa, cereal, harina, chocolate, miel, mermelada, avena, refresco, agua,
        lentejas,
        sal, vinagre, mayonesa, chiles, dulces, papas, granola, cacahuates, yerba mate""",
        "de trigo, de maíz, de soya, de arroz, de nuez, de fresa, de naranja, de vainilla",
        """integral, sin azúcar, molido, en grano, soluble, deslactosada, light, picante, tostado, en lata,
        extra virgen, sin gluten""",
        "1 kg, 500 g, 250 g, 900 g, 1 litro, 2 litros, 355 ml, 600 ml, paquete de 6, caja de 12"),
    _department("Mascotas", "MAS", 310, """alimento, cama, correa, arena, juguete, plato, collar,
        transportadora,
        rascador, pechera, champú, premios, pecera, jaula, cepillo, bebedero, pañal, casa, hueso, filtro""",
        "de felpa, de nailon, de acero inoxidable, de plástico, de carnaza",
        """para perro, para gato, para cachorro, raza pequeña, raza grande, para gatito, para aves,
        para peces, antipulgas, para adulto""",
        "1.5 kg, 4 kg, 10 kg, 20 kg, 250 ml, 1.2 m, 20 litros"),
    _department("Ferretería", "FER", 380, """taladro, martillo, desarmador, pintura, llave, cinta,
        candado, broca,
        escalera, sierra, manguera, pinzas, tornillos, extensión, brocha, nivel, lija, cerradura, compresor,
        pulidora, soldadora, flexómetro, contacto, apagador, silicón, taquetes, guantes, caja de
        herramientas,
        carretilla, pala""",
        "de acero, de aluminio, de PVC, de cobre, de latón, de fibra de vidrio, de cromo vanadio",
        """inalámbrico, de impacto, de cruz, vinílica, de alta presión, de carburo, hidráulico, de cadena,
        para concreto, para madera, de uso rudo""",
        "1/2 pulgada, 3/8 pulgada, 10 mm, 20 V, 127 V, 5 m, 15 m, 4 litros, 19 litros, 100 piezas"),
    _department("Bebés", "BEB", 430, """pañales, biberón, carriola, cuna, chupón, mameluco, toallitas,
        andadera,
        silla para auto, bañera, mecedora, sonaja, babero, pañalera, monitor, esterilizador, cobija,
        corral, mordedera, portabebé""",
        "de algodón, de silicón, de plástico, de felpa, de madera",
        """recién nacido, etapa 1, etapa 3, anticólico, plegable, de viaje, con mosquitero, con música,
        antirreflujo""",
        "240 ml, 150 ml, 40 piezas, 80 piezas, 3 a 6 meses, 6 a 12 meses",
        "RN,1,2,3 | 3,4,5,6 | 0,3,6,9"),
    _department("Papelería y oficina", "PAP", 120, """cuaderno, pluma, mochila, carpeta, lápices, silla
        de oficina,
        escritorio, plumones, papel, engrapadora, calculadora, tijeras, pegamento, agenda, pizarrón,
        archivero,
        colores, regla, sobres, perforadora, etiquetas, borrador, lapicera, marcatextos, libreta,
        acuarelas""",
        "de plástico, de papel, de cartón, de piel, de metal, de madera",
        """profesional, de cuadro chico, de raya, tamaño carta, tamaño oficio, de gel, punto fino, escolar,
        permanente, con espiral, científica, lavables""",
        "100 hojas, 200 hojas, 500 hojas, 12 piezas, 24 piezas, 36 piezas, 0.5 mm, 30 cm"),
)  # fmt: skip

# What a description says, in three parts that go together in any way.
OPENINGS = _list("""ideal para, perfecto para, diseñado para, pensado para, recomendado para, práctico para,
    cómodo para, hecho para, la mejor opción para, listo para""")
PURPOSES = _list("""uso diario, toda la familia, la casa y la oficina, regalar, espacios pequeños, los más
    exigentes, viajes largos, el trabajo pesado, el fin de semana, niños y adultos, exteriores, la
        temporada,
    quienes empiezan, profesionales, la escuela, el gimnasio, tus mejores momentos, clima frío, clima
        cálido,
    reuniones con amigos, cocinas modernas, el jardín, la recámara, la sala, mascotas inquietas""")
CLAIMS = _list("""fácil de limpiar, con garantía de un año, no se deforma, se seca en minutos, ahorra
        energía,
    de larga duración, hecho en México, incluye instructivo, incluye estuche, no ocupa espacio, con
        acabado fino,
    de excelente calidad, soporta golpes y caídas, no contiene químicos, listo para usar, se arma sin
        herramienta,
    con costuras reforzadas, no daña superficies, conserva la temperatura por horas, apto para lavavajillas,
    con sistema de seguridad, sin olores, de bajo consumo, con empaque reciclable, colores que no se
        despintan,
    se adapta a cualquier espacio, con base firme, incluye pilas, de agarre cómodo, con textura suave,
    se guarda doblado, aprobado por especialistas, con tecnología de punta, de secado rápido, sin cables,
    protege del sol y del polvo, evita derrames, con refacciones disponibles, envío en empaque seguro""")

# As customers of other countries call what the shop calls otherwise: (theirs, the shop's).
REGIONAL = tuple(
    (theirs.strip(), ours)
    for ours, words in (
        ("playera", "remera, polera, franela, polo, camiseta"),
        ("tenis", "zapatillas, deportivas, bambas, gomas"),
        ("celular", "móvil, teléfono"),
        ("audífonos", "auriculares, cascos"),
        ("chamarra", "campera, chaqueta, casaca, cazadora"),
        ("suéter", "chompa, buzo, jersey, pulóver"),
        ("calcetines", "medias, soquetes"),
        ("refrigerador", "heladera, nevera, frigorífico"),
        ("estufa", "cocina, hornalla"),
        ("cobija", "frazada, manta, frisa"),
        ("bocina", "parlante, altavoz, corneta"),
        ("laptop", "portátil, notebook, computadora"),
        ("popote", "pitillo, sorbete, pajita"),
        ("lápices", "creyones, pinturitas"),
        ("pluma", "birome, bolígrafo, lapicero, esfero"),
        ("carriola", "cochecito, coche de bebé, carrito de bebé"),
        ("foco", "bombillo, bombita, ampolleta, bombilla"),
        ("frijol", "poroto, caraota, judías"),
        ("falda", "pollera, saya"),
        ("desarmador", "destornillador"),
        ("candado", "traba"),
        ("mochila", "morral, bulto"),
        ("lentejas", "menestra"),
        ("sandalias", "chalas, ojotas, cholas"),
    )
    for theirs in words.split(",")
)  # fmt: skip
